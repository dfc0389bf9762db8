import { type ArgumentMetadata, Injectable, type Type, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { CommonProblem, invalidAt, type Problem } from '../kernel/problem.js';

/**
 * Checks bodies and queries against their DTO classes. What is not documented is refused, not dropped.
 * @throws Problem `validation_failed` with `errors: [{pointer, detail}]`
 */
@Injectable()
export class DtoPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: toProblem,
    });
  }

  /** Checks `value` against a class that is only known at run time. */
  async check<T extends object>(value: unknown, dto: Type<T>): Promise<T> {
    return (await this.transform(value, { type: 'body', metatype: dto })) as T;
  }

  /** No body at all is an empty one. */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') return super.transform(value, metadata);
    const body = value ?? {};
    if (value === null || typeof body !== 'object' || Array.isArray(body)) throw notAnObject();
    refuseWhatOthersOverlook(body);
    return super.transform(body, metadata);
  }
}

/**
 * To class-validator `null` is as good as absent where a property is optional, and a property that every object inherits
 * (`constructor`) is no unknown one.
 */
function refuseWhatOthersOverlook(body: object): void {
  const errors = Object.entries(body).flatMap(([property, value]) => {
    if (value === null) return [{ pointer: pointerTo(property), detail: `${property} must not be null` }];
    if (property in Object.prototype || property === '')
      return [{ pointer: pointerTo(property), detail: `property ${property} should not exist` }];
    return [];
  });
  if (errors.length > 0) throw CommonProblem.validationFailed({ errors });
}

/** RFC 6901. */
export function pointerTo(property: string, parent = ''): string {
  return `${parent}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function notAnObject(): Problem {
  return invalidAt('', 'The body must be a JSON object.');
}

function toProblem(errors: ValidationError[]): Problem {
  return CommonProblem.validationFailed({ errors: errors.flatMap((error) => describe(error, '')) });
}

function describe({ property, constraints, children = [] }: ValidationError, parent: string): object[] {
  const pointer = pointerTo(property, parent);
  const own = Object.values(constraints ?? {}).map((detail) => ({ pointer, detail }));
  return [...own, ...children.flatMap((child) => describe(child, pointer))];
}

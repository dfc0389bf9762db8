import { type ArgumentMetadata, Injectable, type Type, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { CommonProblem, type Problem } from '../kernel/problem.js';

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
    return super.transform(body, metadata);
  }
}

function notAnObject(): Problem {
  return CommonProblem.validationFailed({ errors: [{ pointer: '', detail: 'The body must be a JSON object.' }] });
}

function toProblem(errors: ValidationError[]): Problem {
  return CommonProblem.validationFailed({ errors: errors.flatMap((error) => describe(error, '')) });
}

function describe({ property, constraints, children = [] }: ValidationError, parent: string): object[] {
  // RFC 6901
  const pointer = `${parent}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.values(constraints ?? {}).map((detail) => ({ pointer, detail }));
  return [...own, ...children.flatMap((child) => describe(child, pointer))];
}

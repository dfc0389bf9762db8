import { getMetadataStorage } from 'class-validator';
import type { OpenAPIObject } from '@nestjs/swagger';
import { jsonBodyOf, nameOf, operationsOf, type Schema } from './document.js';

/** What a validator means in JSON Schema. */
const KEYWORDS: Record<string, (...constraints: never[]) => Partial<Schema>> = {
  arrayMaxSize: (maxItems: number) => ({ maxItems }),
  arrayMinSize: (minItems: number) => ({ minItems }),
  isEmail: () => ({ format: 'email' }),
  isIn: (values: unknown[]) => ({ enum: values }),
  isInt: () => ({ type: 'integer' }),
  isLength: (minLength: number, maxLength: number) => ({ minLength, maxLength }),
  matches: ({ source }: RegExp) => ({ pattern: source }),
  max: (maximum: number) => ({ maximum }),
  maxLength: (maxLength: number) => ({ maxLength }),
  min: (minimum: number) => ({ minimum }),
  minLength: (minLength: number) => ({ minLength }),
};

/**
 * Writes into the schemas what class-validator checks, so that the document says what is checked without saying it
 * twice. A body takes no other members than those documented.
 */
export function describeConstraints(document: OpenAPIObject): void {
  const schemas = document.components?.schemas ?? {};
  for (const dto of validatedClasses()) {
    const { properties = {} } = (schemas[dto.name] ?? {}) as Schema;
    for (const { propertyName, name = '', constraints, each } of rulesOf(dto)) {
      const property = properties[propertyName] as Schema | undefined;
      const checked = each ? property?.items : property;
      if (checked) Object.assign(checked, KEYWORDS[name]?.(...(constraints as never[])));
    }
  }
  for (const [, operation] of operationsOf(document)) {
    const name = nameOf(jsonBodyOf(operation)?.schema);
    if (name !== undefined) (schemas[name] as Schema).additionalProperties = false;
  }
}

type Class = abstract new (...args: never[]) => unknown;

const rulesOf = (dto: Class) => getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);

function validatedClasses(): Class[] {
  // class-validator tells the rules of a class, but not which classes there are.
  const { validationMetadatas } = getMetadataStorage() as unknown as { validationMetadatas: Map<Class, unknown> };
  return [...validationMetadatas.keys()].filter((target) => typeof target === 'function');
}

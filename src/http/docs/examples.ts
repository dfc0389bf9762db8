import type { OpenAPIObject } from '@nestjs/swagger';
import {
  jsonBodyOf,
  type MediaType,
  nameOf,
  operationsOf,
  type Schema,
  type SchemaOrReference,
  type Schemas,
} from './document.js';

/**
 * Gives every body that has none an example, made of those of its members. An optional member without an example is
 * left out: what stands there can be sent as it is.
 */
export function describeExamples(document: OpenAPIObject): void {
  const schemas = document.components?.schemas ?? {};
  const complete = (media: MediaType | undefined): void => {
    if (media && !media.examples && media.example === undefined) media.example = exampleOf(media.schema, schemas);
  };
  for (const [, operation] of operationsOf(document)) {
    complete(jsonBodyOf(operation));
    for (const response of Object.values(operation.responses)) {
      if (response && 'content' in response) Object.values(response.content ?? {}).forEach(complete);
    }
  }
}

function exampleOf(schema: SchemaOrReference | undefined, schemas: Schemas): unknown {
  const name = nameOf(schema);
  if (name !== undefined) return exampleOf(schemas[name], schemas);
  const { allOf, type, items, properties, ...rest } = (schema ?? {}) as Schema;
  if (rest.example !== undefined) return rest.example as unknown;
  if (allOf) return Object.assign({}, ...allOf.map((part) => exampleOf(part, schemas))) as unknown;
  if (type === 'array') {
    const item = exampleOf(items, schemas);
    return item === undefined ? undefined : [item];
  }
  if (!properties) return undefined;
  const members = Object.entries(properties).map(([member, value]) => [member, exampleOf(value, schemas)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

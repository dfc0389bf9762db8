import type { OpenAPIObject } from '@nestjs/swagger';

/** The parts of an OpenAPI document, as @nestjs/swagger types but does not export them. */
export type PathItem = OpenAPIObject['paths'][string];
export type Operation = NonNullable<PathItem['get']> & Record<string, unknown>;
export type Response = Exclude<Operation['responses'][string], { $ref: string } | undefined>;
export type MediaType = NonNullable<Response['content']>[string];
export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
export type SchemaOrReference = Schemas[string];
export type Schema = Exclude<SchemaOrReference, { $ref: string }>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Every operation of the document, with its path. */
export function operationsOf({ paths }: OpenAPIObject): [path: string, operation: Operation][] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [[path, item[method] as Operation] as [string, Operation]] : [])),
  );
}

/** What the operation takes as JSON, if anything. */
export function jsonBodyOf({ requestBody }: Operation): MediaType | undefined {
  return requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined;
}

/** The name behind `#/components/schemas/…`; undefined for a schema that stands where it is used. */
export function nameOf(schema: SchemaOrReference | undefined): string | undefined {
  return schema && '$ref' in schema ? schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1) : undefined;
}

import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv, type ValidateFunction } from 'ajv';
import { default as formats } from 'ajv-formats';
import { type MediaType, type Operation, operationsOf, type Schema } from '../../src/http/docs/document.js';

/** What of an answer the document speaks of; supertest's has it. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
  readonly request: { readonly method: string; readonly url: string };
}

export interface DocumentedOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** The OpenAPI document as a contract: what an example or an answer breaks of it. */
export class Contract {
  readonly operations: DocumentedOperation[];
  private readonly ajv = formats.default(new Ajv({ strict: false, allErrors: true }));

  constructor(readonly document: OpenAPIObject) {
    this.operations = operationsOf(document).map(([path, operation]) => {
      const [method] = Object.entries(document.paths[path]).find(([, item]) => item === operation)!;
      return { path, method, operation };
    });
    this.ajv.addSchema(document, 'document');
    // Of our answers nothing is left undocumented, though clients must expect more.
    this.ajv.addSchema(closed(document), 'closed');
  }

  /** What the examples of a body or an answer break of its schema. */
  brokenByExamples(media: MediaType, where: string): string[] {
    const examples = [
      ...(media.example === undefined ? [] : [media.example as unknown]),
      ...Object.values(media.examples ?? {}).map((example) => ('value' in example ? (example.value as unknown) : null)),
    ];
    const validate = this.ajv.compile(rebased(media.schema as Schema, 'document'));
    return [
      ...(examples.length === 0 ? [`${where} has no example`] : []),
      ...examples.flatMap((example) => errors(validate, example, where)),
    ];
  }

  /** What a real answer breaks of the document. */
  brokenBy({ status, type, body, request }: Answer): string[] {
    const path = new URL(request.url).pathname;
    const where = `${request.method} ${path} ${status}`;
    const found = this.operations.find(
      (known) => known.method === request.method.toLowerCase() && matches(known.path, path),
    );
    const response = found?.operation.responses[status];
    if (!response || !('description' in response)) return [`${where} is not documented`];
    if (!response.content) return type === '' ? [] : [`${where} has a body`];
    const media = response.content[type];
    if (!media) return [`${where} ${type} is not documented`];
    return errors(this.ajv.compile(rebased(media.schema as Schema, 'closed')), body, where);
  }
}

function errors(validate: ValidateFunction, value: unknown, where: string): string[] {
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${where} ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function matches(template: string, path: string): boolean {
  const [known, asked] = [template.split('/'), path.split('/')];
  return known.length === asked.length && known.every((part, index) => part.startsWith('{') || part === asked[index]);
}

/** The schema with its references into the document of that name. */
function rebased(schema: Schema, name: string): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${name}#/`)) as Schema;
}

function closed<T>(document: T): T {
  return JSON.parse(JSON.stringify(document), (_, value: Schema) =>
    value?.type === 'object' && value.properties && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  ) as T;
}

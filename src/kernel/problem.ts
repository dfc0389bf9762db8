import { HttpException } from '@nestjs/common';
import { secondsUntil } from './clock.js';

export interface ProblemDefinition {
  readonly status: number;
  /** The stable machine word that clients branch on. */
  readonly code: string;
  readonly title: string;
  /** Members that go with it, as the documentation shows them. */
  readonly example?: ProblemDetails;
}

/** Members of the answer besides the standard ones (RFC 9457, 3.2), and HTTP headers that go with it. */
export type ProblemDetails = Readonly<Record<string, unknown>> & {
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An error that a client may see, as RFC 9457 has it. Anything else that is thrown becomes a plain 500. */
export class Problem extends HttpException {
  constructor(
    readonly definition: ProblemDefinition,
    readonly details: ProblemDetails = {},
  ) {
    super(definition.title, definition.status);
  }
}

/** What a refusal says that ends by itself (RFC 9110, 10.2.3). */
export function retryAfter(until: Date, now: Date): ProblemDetails {
  return { headers: { 'Retry-After': String(secondsUntil(until, now)) } };
}

/** Makes the problem; carries its definition, so the line that is thrown is also the line that is documented. */
export interface ProblemFactory {
  (details?: ProblemDetails): Problem;
  readonly definition: ProblemDefinition;
}

/**
 * Declares the problems of a feature, one line each: `name: [status, code, title, example of further members]`.
 *
 * ```ts
 * export const MfaProblem = defineProblems({ codeRejected: [422, 'invalid_code', 'The code is not right.', { attemptsLeft: 4 }] });
 * throw MfaProblem.codeRejected({ attemptsLeft: 4 });
 * ```
 */
export function defineProblems<Name extends string>(
  table: Record<Name, readonly [status: number, code: string, title: string, example?: ProblemDetails]>,
): Readonly<Record<Name, ProblemFactory>> {
  const factories = {} as Record<Name, ProblemFactory>;
  for (const name of Object.keys(table) as Name[]) {
    const [status, code, title, example] = table[name];
    const definition = { status, code, title, example };
    factories[name] = Object.assign((details?: ProblemDetails) => new Problem(definition, details), { definition });
  }
  return factories;
}

/** Problems that belong to no feature. */
export const CommonProblem = defineProblems({
  validationFailed: [
    400,
    'validation_failed',
    'The request is not as documented.',
    { errors: [{ pointer: '/email', detail: 'email must be an email' }] },
  ],
  invalidRequest: [400, 'invalid_request', 'The request cannot be read.'],
  forbidden: [403, 'forbidden', 'You may not do this.'],
  notFound: [404, 'not_found', 'There is nothing here, or it is not yours.'],
  payloadTooLarge: [413, 'payload_too_large', 'The body is too large.'],
  unsupportedMediaType: [415, 'unsupported_media_type', 'Send the body as application/json.'],
  tooManyRequests: [429, 'too_many_requests', 'Too many requests. Wait, then try again.'],
  internalError: [500, 'internal_error', 'Something went wrong on our side.'],
  unavailable: [503, 'unavailable', 'Temporarily unavailable. Wait, then try again.'],
});

/**
 * The problem `validation_failed` for one member of the request.
 * @param pointer where it stands (RFC 6901); empty for the whole body
 */
export function invalidAt(pointer: string, detail: string): Problem {
  return CommonProblem.validationFailed({ errors: [{ pointer, detail }] });
}

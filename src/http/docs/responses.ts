import { STATUS_CODES } from 'node:http';
import { getSchemaPath } from '@nestjs/swagger';
import { CommonProblem, type ProblemDefinition } from '../../kernel/problem.js';
import { PROBLEM_EXTENSION, PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, ProblemDto } from '../api-problem.js';
import { PUBLIC_EXTENSION } from '../public.decorator.js';
import { TokenProblem } from '../token-problems.js';
import { jsonBodyOf, type Operation, type Response } from './document.js';

const REQUEST_ID = '9f0d8c4e-6a1b-4c1e-9a53-0b7d1f2e3c4a';

/** Headers that go with a status. */
const HEADERS: Record<number, Response['headers']> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'What is missing (RFC 6750, RFC 9470).' } },
  429: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' } },
  503: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' } },
};

/**
 * Writes who may call the operation and the problems that it answers: its own, and those that every operation of its
 * kind can answer, so that no route has to repeat them.
 */
export function describeResponses(path: string, operation: Operation): void {
  // Marked public but with a demand of its own, it is closed to whoever has no token.
  const isPublic = operation[PUBLIC_EXTENSION] === true && operation['x-mfa'] === undefined;
  delete operation[PUBLIC_EXTENSION];
  operation.security = isPublic ? [] : [{ bearer: [] }];
  const problems = new Map(common(operation, isPublic).map((definition) => [definition.code, definition]));
  for (const [key, definition] of ownOf(operation)) {
    problems.set(key.slice(PROBLEM_EXTENSION.length), definition);
    delete operation[key];
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response && 'description' in response) response.description ||= STATUS_CODES[status] ?? status;
  }
  for (const status of new Set([...problems.values()].map((definition) => definition.status))) {
    const ofStatus = [...problems.values()].filter((definition) => definition.status === status);
    operation.responses[status] = toResponse(status, ofStatus, path);
  }
}

function ownOf(operation: Operation): [key: string, definition: ProblemDefinition][] {
  return Object.entries(operation).filter(([key]) => key.startsWith(PROBLEM_EXTENSION)) as never;
}

function common(operation: Operation, isPublic: boolean): ProblemDefinition[] {
  const { validationFailed, invalidRequest, payloadTooLarge, unsupportedMediaType } = CommonProblem;
  const takes = (where: string) =>
    operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === where);
  return [
    ...(takes('query') ? [validationFailed] : []),
    // A path that is not UTF-8.
    ...(takes('path') ? [invalidRequest] : []),
    ...(jsonBodyOf(operation) ? [validationFailed, invalidRequest, payloadTooLarge, unsupportedMediaType] : []),
    // Callers without a token are limited by their address.
    ...(isPublic ? [CommonProblem.tooManyRequests] : [TokenProblem.unauthenticated, TokenProblem.invalidToken]),
    CommonProblem.internalError,
    CommonProblem.unavailable,
  ].map(({ definition }) => definition);
}

function toResponse(status: number, problems: ProblemDefinition[], instance: string): Response {
  return {
    description: problems.map(({ code, title }) => `\`${code}\`: ${title}`).join('\n\n'),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: getSchemaPath(ProblemDto) },
        examples: Object.fromEntries(
          problems.map(({ code, title, example }) => [
            code,
            {
              summary: code,
              value: {
                type: `${PROBLEM_TYPE_PREFIX}${code}`,
                title,
                status,
                code,
                instance,
                requestId: REQUEST_ID,
                ...example,
              },
            },
          ]),
        ),
      },
    },
  };
}

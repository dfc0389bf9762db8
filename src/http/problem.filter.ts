import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { CommonProblem, Problem } from '../kernel/problem.js';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX } from './api-problem.js';
import { securityHeaders } from './security-headers.js';
import { TokenProblem } from './token-problems.js';

const RETRY_AFTER_SECONDS = '5';
/** Codes of Fastify's own errors, and of a body that breaks off. */
const FASTIFY = /^(FST_|ECONNRESET$)/;

/** Nest's own errors (404 for a route that is not there, 403 of a team's guard) and Fastify's (a body that cannot be read). */
const BY_STATUS = new Map<number | undefined, () => Problem>([
  [400, CommonProblem.invalidRequest],
  [401, TokenProblem.unauthenticated],
  [403, CommonProblem.forbidden],
  [404, CommonProblem.notFound],
  [413, CommonProblem.payloadTooLarge],
  [414, CommonProblem.notFound],
  [415, CommonProblem.unsupportedMediaType],
  [429, CommonProblem.tooManyRequests],
  [503, unavailable],
]);

/** The last resort (ASVS 16.5.4): whatever is thrown leaves as `application/problem+json`, without a word of internals. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(error);
    const { status, code } = problem.definition;
    // A problem was meant, and its answer says it all; of logins beyond capacity there are hundreds a second.
    if (status >= 500 && error !== problem)
      this.log.error({ err: error, requestId: request.id }, `${code}: ${request.method} failed`);
    sendProblem(problem, request, reply);
  }
}

/** What Fastify refuses before it looks for a route: a path that is no URI, or with an id that is too long to be one. */
export function answerUnroutable(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // No hook has run, or will.
  void reply.headers({ ...securityHeaders(request.url), 'x-request-id': request.id });
  sendProblem(toProblem(error), request, reply);
}

function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  const { status } = problem.definition;
  void reply
    .status(status)
    .headers({ ...(status === 401 && { 'WWW-Authenticate': bearerChallenge(problem) }), ...problem.details.headers })
    .header('Cache-Control', 'no-store')
    .type(PROBLEM_MEDIA_TYPE)
    .send(bodyOf(problem, { instance: pathOf(request), requestId: request.id }));
}

/** The members of a problem's answer (RFC 9457, 3). @param request what is known of the one that it answers */
export function bodyOf(
  { definition: { status, code, title }, details: { headers: _, ...members } }: Problem,
  request: object = {},
): object {
  return { type: `${PROBLEM_TYPE_PREFIX}${code}`, title, status, code, ...request, ...members };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const known = BY_STATUS.get(statusOf(error));
  if (known) return known();
  if (error instanceof HttpException) return sayAsThrown(error);
  return isDatabaseUnavailable(error) ? unavailable() : CommonProblem.internalError();
}

/** Undefined for what is no answer: other companies' libraries too say with `statusCode` what their service answered. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  return code !== undefined && FASTIFY.test(code) ? statusCode : undefined;
}

function unavailable(): Problem {
  return CommonProblem.unavailable({ headers: { 'Retry-After': RETRY_AFTER_SECONDS } });
}

/** What a team throws in routes of its own: nothing here throws these. What it says of a server error stays inside. */
function sayAsThrown(error: HttpException): Problem {
  const status = error.getStatus();
  const reason = STATUS_CODES[status];
  if (reason === undefined) return CommonProblem.internalError();
  const definition = { status, code: reason.toLowerCase().replace(/\W+/g, '_'), title: `${reason}.` };
  return new Problem(definition, status < 500 && error.message !== reason ? { detail: error.message } : {});
}

/** RFC 6750, 3: no error code when no credentials were sent. */
function bearerChallenge({ definition: { code, title } }: Problem): string {
  return code === 'invalid_token' ? `Bearer error="invalid_token", error_description="${title}"` : 'Bearer';
}

function pathOf({ url }: FastifyRequest): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

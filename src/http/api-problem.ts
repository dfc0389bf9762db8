import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiProperty } from '@nestjs/swagger';
import type { ProblemFactory } from '../kernel/problem.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Where a problem's code is explained; the URI need not resolve (RFC 9457, 3.1.1). */
export const PROBLEM_TYPE_PREFIX = 'urn:stepgate:problem:';
/** What {@link ApiProblem} leaves on an operation, one for each code, until the document is complete. */
export const PROBLEM_EXTENSION = 'x-problem-';

export class RequestErrorDto {
  @ApiProperty({ example: '/email', description: 'Where in the request, as a JSON pointer (RFC 6901).' })
  readonly pointer: string;
  @ApiProperty({ example: 'email must be an email' })
  readonly detail: string;
}

/** How an error looks to a client (RFC 9457). */
export class ProblemDto {
  @ApiProperty({ example: `${PROBLEM_TYPE_PREFIX}validation_failed` })
  readonly type: string;
  @ApiProperty({ example: 'The request is not as documented.' })
  readonly title: string;
  @ApiProperty({ type: 'integer', example: 400 })
  readonly status: number;
  @ApiProperty({ example: 'validation_failed', description: 'Stable: branch on this.' })
  readonly code: string;
  @ApiProperty({ required: false, description: 'What this occurrence is about.' })
  readonly detail?: string;
  @ApiProperty({ example: '/v1/auth/register' })
  readonly instance: string;
  @ApiProperty({ example: '9f0d8c4e-6a1b-4c1e-9a53-0b7d1f2e3c4a', description: 'As in `X-Request-Id` and the log.' })
  readonly requestId: string;
  @ApiProperty({ required: false, type: [RequestErrorDto], description: 'With `validation_failed`.' })
  readonly errors?: RequestErrorDto[];
  @ApiProperty({ required: false, type: 'integer', description: 'With `invalid_code`.' })
  readonly attemptsLeft?: number;
  @ApiProperty({
    required: false,
    description: 'With `insufficient_user_authentication`: the `acr` to reach (RFC 9470).',
  })
  readonly acrValues?: string;
  @ApiProperty({
    required: false,
    type: 'integer',
    description: 'With `insufficient_user_authentication`: how old the proof may be, in seconds.',
  })
  readonly maxAge?: number;
  @ApiProperty({
    required: false,
    type: [String],
    description: 'With `insufficient_user_authentication`: the factor types that will do.',
  })
  readonly factors?: string[];
  @ApiProperty({
    required: false,
    description: 'With `insufficient_user_authentication`: whether the user has a factor that would do.',
  })
  readonly enrolled?: boolean;
}

/**
 * Documents the problems that a route answers, by the very factories that it throws. Those of class and method add up;
 * the ones that every route can answer are added to the document by themselves.
 */
export function ApiProblem(...problems: ProblemFactory[]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...problems.map(({ definition }) => ApiExtension(`${PROBLEM_EXTENSION}${definition.code}`, definition)),
  );
}

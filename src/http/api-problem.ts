import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ProblemFactory } from '../kernel/problem.js';

/** How an error looks to a client (RFC 9457). */
export class ProblemDto {
  @ApiProperty({ example: 'urn:stepgate:problem:validation_failed' })
  readonly type: string;
  @ApiProperty({ example: 'The request is not as documented.' })
  readonly title: string;
  @ApiProperty({ example: 400 })
  readonly status: number;
  @ApiProperty({ example: 'validation_failed', description: 'Stable: branch on this.' })
  readonly code: string;
  @ApiProperty({ required: false, example: 'What this occurrence is about.' })
  readonly detail?: string;
  @ApiProperty({ example: '/v1/auth/register' })
  readonly instance: string;
  @ApiProperty({ example: '01J9Z3K5' })
  readonly requestId: string;
}

/** Documents the problems that a route answers, by the very factories that it throws. */
export function ApiProblem(...problems: ProblemFactory[]): MethodDecorator & ClassDecorator {
  const definitions = problems.map(({ definition }) => definition);
  const responses = [...new Set(definitions.map(({ status }) => status))].map((status) => {
    const ofStatus = definitions.filter((definition) => definition.status === status);
    return ApiResponse({
      status,
      description: ofStatus.map(({ code, title }) => `\`${code}\`: ${title}`).join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { $ref: getSchemaPath(ProblemDto) },
          examples: Object.fromEntries(
            ofStatus.map(({ code, title }) => [
              code,
              {
                value: { type: `urn:stepgate:problem:${code}`, title, status, code, instance: '/v1/…', requestId: '…' },
              },
            ]),
          ),
        },
      },
    });
  });
  return applyDecorators(ApiExtraModels(ProblemDto), ...responses);
}

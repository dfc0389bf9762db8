import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { CommonProblem, defineProblems, type Problem } from '../kernel/problem.js';
import { PROBLEM_MEDIA_TYPE } from './api-problem.js';
import { bodyOf } from './problem.filter.js';
import { API_HEADERS } from './security-headers.js';

const ClientError = defineProblems({
  tooSlow: [408, 'request_timeout', 'The request took too long to arrive.'],
  tooMuch: [431, 'headers_too_large', 'The headers are too large.'],
});

/** By the codes of Node's HTTP parser; all others are of requests that cannot be read. */
const KNOWN: Readonly<Record<string, Problem | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ClientError.tooSlow(),
  HPE_HEADER_OVERFLOW: ClientError.tooMuch(),
};

/** Answers what Node cannot make a request of, so that no route, hook or filter ever sees it, and hangs up. */
export function answerUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (code !== 'ECONNRESET' && socket.writable) socket.write(answerTo(code));
  // At once: who does not read what we send would keep the socket open.
  socket.destroy();
}

function answerTo(code: string): string {
  const problem = KNOWN[code] ?? CommonProblem.invalidRequest();
  const { status } = problem.definition;
  const body = JSON.stringify(bodyOf(problem));
  const headers = {
    ...API_HEADERS,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/**
 * What is no HTTP request at all (broken head, too large a head, too slow) never reaches a route. It is answered with a
 * problem too, written to the bare socket.
 */

import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '../../contract/problem.ts';
import { GroundworkError } from '../../domain/errors.ts';
import { problemOf } from './problems.ts';
import { requestIdOf } from './standard-headers.ts';

const DETAILS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The request head is too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
};

/** Fastify's client error handler. */
export function answerMalformedHttp(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail = DETAILS[error.code ?? ''] ?? 'The request is not valid HTTP.';
  const refusal = new GroundworkError('invalid_request', detail, { remedy: 'Send a valid HTTP/1.1 request.' });
  const requestId = requestIdOf({});
  const body = JSON.stringify(problemOf(refusal, requestId));
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/**
 * The last act of a failure: it becomes a problem (RFC 9457). Refusals of our own are told in full; anything else is
 * `internal`, whose chain of causes goes to the log and never to the client.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_STATUSES } from '../../contract/error-statuses.ts';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX } from '../../contract/problem.ts';
import type { Problem } from '../../contract/problem.ts';
import { ERROR_CATALOGUE, GroundworkError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';

const LONGEST_MEDIA_TYPE = 100;

export function problemOf(error: GroundworkError, requestId: string): Problem {
  return {
    type: `${PROBLEM_TYPE_PREFIX}${error.code}`,
    title: ERROR_CATALOGUE[error.code].title,
    status: ERROR_STATUSES[error.code],
    code: error.code,
    detail: error.detail,
    remedy: error.remedy,
    request_id: requestId,
    ...(error.faults.length > 0 ? { errors: error.faults } : {}),
  };
}

/** Fastify's error handler. */
export function answerWithProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asGroundworkError(thrown, request);
  const problem = problemOf(error, request.id);
  if (problem.status >= 500) {
    request.log.error({ err: thrown, method: request.method, url: request.url }, 'request failed');
  }
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="groundwork"');
  if (error.code === 'not_ready') reply.header('retry-after', '1');
  // As bytes, because Fastify would append a charset to the media type of a text, which JSON does not have.
  return reply
    .code(problem.status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(problem)));
}

function asGroundworkError(thrown: unknown, request: FastifyRequest): GroundworkError {
  if (thrown instanceof GroundworkError) return thrown;
  const { code, statusCode } = (thrown ?? {}) as { readonly code?: unknown; readonly statusCode?: unknown };
  // Only Fastify's body reader puts a status on a lost connection; a lost connection of ours has none.
  if (code === 'ECONNRESET' && statusCode === 400) return new GroundworkError('invalid_request', 'The body broke off.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType(request, thrown);
  const { refusal, detail } = FRAMEWORK_REFUSALS[String(code)] ?? {
    refusal: 'internal',
    detail: 'The server failed to do this.',
  };
  return new GroundworkError(refusal, detail, { cause: thrown });
}

/** What Fastify refuses by itself (https://fastify.dev/docs/latest/Reference/Errors/), in our words. */
const FRAMEWORK_REFUSALS: Readonly<Record<string, { readonly refusal: ErrorCode; readonly detail: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { refusal: 'body_too_large', detail: 'The body is larger than 1 MiB.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { refusal: 'invalid_request', detail: 'The body is not as long as announced.' },
  FST_ERR_BAD_URL: { refusal: 'invalid_request', detail: 'The path is not a valid URL.' },
  FST_ERR_INVALID_URL: { refusal: 'invalid_request', detail: 'The path is not a valid URL.' },
  FST_ERR_MAX_PARAM_LENGTH: { refusal: 'invalid_request', detail: 'A part of the path is too long.' },
};

function unsupportedMediaType(request: FastifyRequest, cause: unknown): GroundworkError {
  const given = request.headers['content-type'];
  const detail =
    given === undefined
      ? 'The body has no media type.'
      : `The body has the media type ${given.slice(0, LONGEST_MEDIA_TYPE)}.`;
  const { remedy } = ERROR_CATALOGUE.unsupported_media_type;
  const fault = { pointer: 'header/Content-Type', detail, remedy };
  const value = given?.slice(0, LONGEST_MEDIA_TYPE);
  return new GroundworkError('unsupported_media_type', detail, {
    faults: [value === undefined ? fault : { ...fault, value }],
    cause,
  });
}

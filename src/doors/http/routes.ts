/**
 * Lays one Fastify route for every row of the contract: authentication, validation, the handler, serialisation by the
 * answer's own schema.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../../app/app.ts';
import { isOpen } from '../../contract/operation.ts';
import type { OperationDefinition } from '../../contract/operation.ts';
import { OPERATION_IDS, OPERATIONS } from '../../contract/operations.ts';
import type { OperationId } from '../../contract/operations.ts';
import { GroundworkError } from '../../domain/errors.ts';
import { authenticationFor } from './authenticate.ts';
import type { EventStream, EventStreams } from './event-stream.ts';
import type { Handlers } from './handler.ts';

/** A handler once its row is known to fit: the table's types were checked where the handlers were written. */
type AnyHandler = (request: object) => Promise<{ readonly status: number; readonly body: unknown } | EventStream>;

export function addRoutes(
  server: FastifyInstance,
  app: Pick<App, 'authenticate'>,
  handlers: Handlers,
  streams: EventStreams,
): void {
  for (const id of OPERATION_IDS) {
    const operation: OperationDefinition = OPERATIONS[id];
    const authenticate = authenticationFor(operation.access, app);
    server.route({
      method: operation.method,
      url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { operationId: id },
      schema: schemaOf(operation),
      ...(authenticate ? { onRequest: authenticate } : {}),
      handler: routeHandler(id, operation, handlers[id] as AnyHandler, streams),
    });
  }
}

function routeHandler(id: OperationId, operation: OperationDefinition, handle: AnyHandler, streams: EventStreams) {
  const mayStream = Object.values(operation.answers).some((answer) => answer.streams);
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (operation.body === undefined) refuseBody(request, id);
    const { params, query, headers, body, caller } = request;
    const wantsStream = mayStream && acceptsStream(request);
    const answer = await handle({ params, query, headers, body, caller, wantsStream });
    if ('stream' in answer) return sendStream(request, reply, answer, streams);
    const mediaType = operation.answers[answer.status]?.mediaType;
    if (mediaType !== undefined) reply.type(mediaType);
    return reply.code(answer.status).send(answer.body);
  };
}

function acceptsStream(request: FastifyRequest): boolean {
  return request.method !== 'HEAD' && (request.headers.accept ?? '').includes('text/event-stream');
}

/** Unknown input is refused, not dropped; an empty object is what some clients send for nothing. */
function refuseBody({ body }: FastifyRequest, id: OperationId): void {
  if (body === undefined || body === null) return;
  if (typeof body === 'object' && Object.keys(body).length === 0) return;
  throw new GroundworkError('invalid_request', `${id} takes no body.`, {
    faults: [{ pointer: '', detail: 'There is a body.', remedy: 'Leave the body out.' }],
  });
}

async function sendStream(request: FastifyRequest, reply: FastifyReply, stream: EventStream, streams: EventStreams) {
  request.isStream = true;
  reply.hijack();
  const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
  try {
    await streams.send(reply.raw, stream, headers);
  } catch (error) {
    request.log.error({ err: error }, 'event stream broke off');
  }
  return reply;
}

function schemaOf(operation: OperationDefinition) {
  const { params, query, headers, body } = operation;
  const response: Record<number, unknown> = {};
  for (const [status, answer] of Object.entries(operation.answers)) {
    if (answer.schema && answer.mediaType === undefined) response[Number(status)] = answer.schema;
  }
  return {
    ...(params ? { params } : {}),
    ...(isOpen(operation) ? {} : { querystring: query ?? NO_QUERY }),
    ...(headers ? { headers } : {}),
    ...(body ? { body } : {}),
    response,
  };
}

const NO_QUERY = { type: 'object', properties: {}, additionalProperties: false };

/**
 * What the door keeps on a Fastify request and on a route, declared once for all files of the door.
 */

import type { FastifyInstance } from 'fastify';
import type { Caller } from '../../app/app.ts';
import type { OperationId } from '../../contract/operations.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null before authentication and on public operations. */
    caller: Caller | null;
    /** It is answered with an event stream. */
    isStream: boolean;
  }
  interface FastifyContextConfig {
    /** Absent where no operation answers. */
    operationId?: OperationId;
  }
}

/** Declares the fields, so that all requests have one shape in memory. */
export function declareRequestState(server: FastifyInstance): void {
  server.decorateRequest('caller', null);
  server.decorateRequest('isStream', false);
}

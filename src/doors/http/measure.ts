/**
 * Times every request by operation, method and status. Paths are never labels: ids would make a series each.
 */

import type { FastifyInstance } from 'fastify';

export interface HttpMetrics {
  httpRequest(
    labels: { readonly operation: string; readonly method: string; readonly status: number },
    seconds: number,
  ): void;
  /** The exposition text. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Requests that no operation answers count as `none`; an event stream counts with its whole life as `<id>.stream`. */
export function measureRequests(server: FastifyInstance, metrics: HttpMetrics): void {
  server.addHook('onResponse', (request, reply, done) => {
    const operationId = request.routeOptions.config.operationId ?? 'none';
    const operation = request.isStream ? `${operationId}.stream` : operationId;
    metrics.httpRequest({ operation, method: request.method, status: reply.raw.statusCode }, reply.elapsedTime / 1000);
    done();
  });
}

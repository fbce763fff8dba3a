/** Between node:http and the words of the simulator: a request becomes a call, an answer becomes a response. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { prefixes } from './cloud.ts';
import type { Client } from './pipeline.ts';
import type { Answer, Call, ServiceName } from './wire.ts';

const byPrefix = new Map(
  Object.entries(prefixes).map(([service, prefix]) => [prefix.slice(1), service as ServiceName]),
);

/** The service a path belongs to and the path behind its prefix; undefined for no service's path. */
export function addressOf(url: string): { service: ServiceName; path: string; search: string } | undefined {
  const question = url.indexOf('?');
  const whole = question < 0 ? url : url.slice(0, question);
  const slash = whole.indexOf('/', 1);
  const service = byPrefix.get(slash < 0 ? whole.slice(1) : whole.slice(1, slash));
  if (service === undefined) return undefined;
  return { service, path: slash < 0 ? '/' : whole.slice(slash), search: question < 0 ? '' : url.slice(question + 1) };
}

export function callOf(
  request: IncomingMessage,
  address: { service: ServiceName; path: string; search: string },
  body: Buffer,
): Call {
  return {
    ...address,
    method: request.method ?? 'GET',
    query: new URLSearchParams(address.search),
    headers: request.headers,
    body,
    requestId: `req-${randomUUID()}`,
    params: {},
    token: undefined,
    microversion: 0,
  };
}

/** The whole body; rejects when the client goes away first. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

export function clientOf(request: IncomingMessage, response: ServerResponse, requestId: string): Client {
  return {
    get gone() {
      return request.socket.destroyed || response.destroyed;
    },
    send: (answer) => {
      write(response, answer, requestId);
    },
    drop: () => {
      request.socket.destroy();
    },
  };
}

function write(response: ServerResponse, answer: Answer, requestId: string): void {
  if (response.destroyed) return;
  const text = answer.json ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  const headers: Record<string, string | string[] | number> = {
    'x-openstack-request-id': requestId,
    ...answer.headers,
  };
  if (text !== '') headers['Content-Type'] = 'application/json';
  if (answer.status !== 204) headers['Content-Length'] = Buffer.byteLength(text);
  response.writeHead(answer.status, headers);
  response.end(text);
}

/**
 * A tiny HTTP server for tests of the command line: it answers what a test put in, and remembers what it was asked.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { DeploymentEvent } from '../../../contract/event.ts';

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly key: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: unknown;
}

export type Answer =
  | { readonly status: number; readonly body?: unknown }
  | { readonly events: readonly DeploymentEvent[] };

export interface FakeServer {
  readonly url: string;
  readonly asked: Asked[];
  /** What to answer to `GET /path`, whatever the query; the last one given stands. */
  answers(route: string, answer: Answer | ((asked: Asked) => Answer)): void;
  close(): Promise<void>;
}

export async function startFakeServer(): Promise<FakeServer> {
  const asked: Asked[] = [];
  const routes = new Map<string, (asked: Asked) => Answer>();
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = await readAsked(request);
    asked.push(one);
    const answer = routes.get(`${one.method} ${one.path.split('?')[0]}`)?.(one) ?? {
      status: 599,
      body: { unexpected: one },
    };
    write(response, answer);
  };
  // A fault in here leaves the request unanswered, and the test that sent it fails by its time limit.
  const server = createServer((request, response) => void answerTo(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answers: (route, answer) => void routes.set(route, typeof answer === 'function' ? answer : () => answer),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    key: request.headers['x-api-key'] as string | undefined, // sent at most once
    idempotencyKey: request.headers['idempotency-key'] as string | undefined,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

function write(response: ServerResponse, answer: Answer): void {
  if ('events' in answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of answer.events) {
      response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    response.end('event: end\ndata: {}\n\n');
    return;
  }
  const type = answer.status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(answer.status, { 'content-type': type });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

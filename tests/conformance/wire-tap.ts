/**
 * A tap on the wire between a provider and its cloud: a reverse proxy that writes down what passes and, when told, lets
 * a call have its effect and loses the answer. It works the same in front of a simulator and of real services.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface TappedCall {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly body: string;
}

type Fits = (call: TappedCall) => boolean;

export interface WireTap {
  /** Everything that passed, in order of arrival. */
  readonly calls: TappedCall[];
  /** The address by which calls to that address go through the tap. */
  through(upstream: string): string;
  /** The next call that fits is done, and its caller sees the connection break. */
  loseNextAnswer(fits: Fits): void;
  /** The next call that fits gets this answer and never reaches the cloud. */
  answerNext(fits: Fits, answer: { status: number; headers?: Record<string, string>; body?: string }): void;
  close(): Promise<void>;
}

interface Deed {
  readonly fits: Fits;
  readonly answer?: { status: number; headers?: Record<string, string>; body?: string };
}

export async function openWireTap(): Promise<WireTap> {
  const origins: string[] = [];
  const calls: TappedCall[] = [];
  const deeds: Deed[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, index = '', path = ''] = /^\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? [];
    const call: TappedCall = { method: request.method ?? 'GET', path, body: await text(request) };
    calls.push(call);
    const found = deeds.findIndex(({ fits }) => fits(call));
    const [deed] = found < 0 ? [] : deeds.splice(found, 1);
    if (deed?.answer) {
      response.writeHead(deed.answer.status, deed.answer.headers).end(deed.answer.body);
      return;
    }
    const answer = await forward(`${origins[Number(index)]}${path}`, call, request);
    if (deed) return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(599).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    calls,
    through(upstream) {
      const { origin, pathname } = new URL(upstream);
      const index = origins.push(origin) - 1;
      return `http://127.0.0.1:${port}/${index}${pathname === '/' ? '' : pathname}`;
    },
    loseNextAnswer: (fits) => void deeds.push({ fits }),
    answerNext: (fits, answer) => void deeds.push({ fits, answer }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Forwarded {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function forward(url: string, call: TappedCall, request: IncomingMessage): Promise<Forwarded> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (!HOP_BY_HOP.has(name) && typeof value === 'string') headers[name] = value;
  }
  const body = call.method === 'GET' || call.body === '' ? null : call.body;
  const answer = await fetch(url, { method: call.method, headers, body, redirect: 'manual' });
  const passed = [...answer.headers].filter(([name]) => !HOP_BY_HOP.has(name));
  return { status: answer.status, headers: Object.fromEntries(passed), body: await answer.text() };
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
]);

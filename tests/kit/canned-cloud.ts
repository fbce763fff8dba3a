/**
 * A cloud of canned answers for tests of the OpenStack client: an HTTP server that plays Keystone by itself and asks the
 * test what to answer to everything else, misbehaviour on the wire included. For a cloud that behaves, use the simulator.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface CannedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** `reset` breaks the connection without an answer, `hang` never answers, `cut` breaks it inside the body. */
export type CannedAnswer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'reset'
  | 'hang'
  | 'cut';

export interface CannedCloud {
  readonly url: string;
  /** Everything but logins and version documents. */
  readonly requests: CannedRequest[];
  /** Bodies of the logins; the nth of them gets the token `token-n`. */
  readonly logins: string[];
  /** Seconds that the next tokens live. */
  tokenLifeSeconds: number;
  /** What Keystone answers to a login instead of a token. */
  loginAnswer: CannedAnswer | undefined;
  close(): Promise<void>;
}

export async function openCannedCloud(answer: (request: CannedRequest) => CannedAnswer): Promise<CannedCloud> {
  const server = createServer((request, response) => {
    read(request).then(
      (seen) => reply(response, decide(seen)),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const url = `http://127.0.0.1:${port}`;

  const decide = (seen: CannedRequest): CannedAnswer => {
    if (seen.path === '/v3/auth/tokens') {
      cloud.logins.push(seen.body);
      return cloud.loginAnswer ?? tokenAnswer(url, cloud);
    }
    if (seen.path === '/compute/v2.1/') return { body: { version: { version: '2.93', min_version: '2.1' } } };
    cloud.requests.push(seen);
    return answer(seen);
  };

  const cloud: CannedCloud = {
    url,
    requests: [],
    logins: [],
    tokenLifeSeconds: 3600,
    loginAnswer: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return cloud;
}

async function read(request: IncomingMessage): Promise<CannedRequest> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://canned');
  const { method = 'GET', headers } = request;
  return { method, path: pathname, query: searchParams, headers, body: await text(request) };
}

function reply(response: ServerResponse, answer: CannedAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') return void response.destroy();
  if (answer === 'cut') {
    response.writeHead(200, { 'content-length': '1000' }).write('{"half":');
    return void setImmediate(() => response.destroy());
  }
  const headers = { 'x-openstack-request-id': 'req-of-the-cloud', ...answer.headers };
  const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
  response.writeHead(answer.status ?? 200, headers).end(body);
}

function tokenAnswer(url: string, { logins, tokenLifeSeconds }: CannedCloud): CannedAnswer {
  const issued = Date.now();
  const endpoint = (path: string) => [{ interface: 'public', region_id: 'RegionOne', url: `${url}${path}` }];
  const token = {
    issued_at: new Date(issued).toISOString(),
    expires_at: new Date(issued + tokenLifeSeconds * 1000).toISOString(),
    project: { id: 'p1', name: 'lab' },
    catalog: [
      { type: 'compute', endpoints: endpoint('/compute/v2.1') },
      { type: 'network', endpoints: endpoint('/network') },
      { type: 'image', endpoints: endpoint('/image') },
    ],
  };
  return { status: 201, headers: { 'x-subject-token': `token-${logins.length}` }, body: { token } };
}

/**
 * A receiver of webhooks on loopback: remembers everything that came, and answers as a test orders. A request is remembered
 * when its body is complete, before it is answered.
 */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: {
    readonly type: string;
    readonly timestamp: string;
    readonly data: {
      readonly deployment_id?: string;
      readonly deployment_name?: string;
      readonly event?: { readonly seq: number; readonly type: string };
    };
  };
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Answers one request; the default is 204. */
  answer: (request: Received, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { headers, url = '' } = request;
      const one = { id: String(headers['webhook-id']), path: url, headers, body, json: JSON.parse(body) };
      receiver.received.push(one);
      receiver.answer(one, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP listener has one
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received: [],
    answer: (_, response) => void response.writeHead(204).end(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return receiver;
}

/**
 * The HTTP API as any program sees it: plain requests, and nothing of the product's own client, so that a defect there
 * cannot hide itself.
 */

import { expect, vi } from 'vitest';
import type { Deployment, DeploymentAccepted } from '../../src/contract/deployment.ts';
import type { DeploymentEvent, EventPage } from '../../src/contract/event.ts';
import type { Problem } from '../../src/contract/problem.ts';

export const ADMIN_KEY = 'key1';
export const READ_KEY = 'a-key-that-may-only-read';

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Ask {
  /** null sends none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is. */
  readonly body?: unknown;
}

export interface SseMessage {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

export interface Api {
  /** Of the server, which may change when it starts again. */
  url: string;
  ask<T>(method: string, path: string, ask?: Ask): Promise<Answer<T>>;
  get<T>(path: string): Promise<T>;
  /** @throws AssertionError unless it is accepted */
  deploy(body: object, headers?: Readonly<Record<string, string>>): Promise<DeploymentAccepted>;
  deployment(id: string): Promise<Deployment>;
  /** Waits until no run is active. Lives through a server that is away for a while. */
  settled(id: string): Promise<Deployment>;
  /** Waits for an event that fits. */
  happened(id: string, fits: (event: DeploymentEvent) => boolean): Promise<DeploymentEvent>;
  events(id: string): Promise<readonly DeploymentEvent[]>;
  /** Messages of the event stream; the connection is closed when the caller stops reading. */
  stream(id: string, lastEventId?: string): AsyncGenerator<SseMessage>;
}

/** @param patienceMs how long a run may take on this cloud */
export function createApi(url: string, patienceMs: number, ownKey = ADMIN_KEY): Api {
  const api: Api = {
    url,
    async ask<T>(method: string, path: string, { key = ownKey, headers = {}, body }: Ask = {}): Promise<Answer<T>> {
      const answer = await fetch(api.url + path, {
        method,
        headers: {
          ...(key === null ? {} : { 'x-api-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = /json/.test(answer.headers.get('content-type') ?? '');
      // The caller names the shape and looks at what it got.
      return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T };
    },
    async get<T>(path: string) {
      const { status, body } = await api.ask<T>('GET', path);
      expect([status, body]).toEqual([200, body]);
      return body;
    },
    async deploy(body, headers = {}) {
      const answer = await api.ask<DeploymentAccepted>('POST', '/deployments', { body, headers });
      expect([answer.status, answer.body]).toEqual([202, answer.body]);
      return answer.body;
    },
    deployment: (id) => api.get(`/deployments/${id}`),
    async settled(id) {
      const look = async (): Promise<void> => expect((await eventPage(api, id)).end).toBe(true);
      await vi.waitFor(look, { timeout: patienceMs, interval: 50 });
      return api.deployment(id);
    },
    happened: (id, fits) =>
      vi.waitFor(
        async () => {
          const found = (await eventPage(api, id)).items.find(fits);
          if (!found) throw new Error(`it did not happen: ${fits.toString()}`);
          return found;
        },
        { timeout: patienceMs, interval: 20 },
      ),
    events: async (id) => (await eventPage(api, id)).items,
    stream: (id, lastEventId) => stream(api, id, lastEventId),
  };
  return api;
}

function eventPage(api: Api, id: string): Promise<EventPage> {
  return api.get(`/deployments/${id}/events`);
}

async function* stream(api: Api, id: string, lastEventId: string | undefined): AsyncGenerator<SseMessage> {
  const leaving = new AbortController();
  const answer = await fetch(`${api.url}/deployments/${id}/events`, {
    headers: {
      'x-api-key': ADMIN_KEY,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: leaving.signal,
  });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  try {
    let unread = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const messages = (unread + chunk).split('\n\n');
      unread = messages.pop() ?? '';
      yield* messages.flatMap(readMessage);
    }
  } finally {
    leaving.abort();
  }
}

/** A comment is no message. */
function readMessage(text: string): SseMessage[] {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  const event = field('event');
  if (event === undefined) return [];
  return [{ id: field('id'), event, data: JSON.parse(field('data') ?? 'null') }];
}

/** A refusal with everything that any refusal must have. @returns its faults */
export function expectProblem(answer: Answer, status: number, code: string): NonNullable<Problem['errors']> {
  expect([answer.status, answer.body]).toEqual([status, answer.body]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const problem = answer.body as Problem; // looked at right here
  expect(problem).toMatchObject({ type: `urn:groundwork:error:${code}`, status, code });
  expect(problem.request_id).toBe(answer.headers.get('x-request-id'));
  for (const sentence of [problem.title, problem.detail, problem.remedy]) expect(sentence).toMatch(/\w/);
  return problem.errors ?? [];
}

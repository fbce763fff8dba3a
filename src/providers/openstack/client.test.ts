import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import type { CallContext } from '../../ports/driver.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';
import { noMeasurements } from '../../ports/measurements.ts';
import type { CannedAnswer, CannedCloud, CannedRequest } from '../../../tests/kit/canned-cloud.ts';
import { openCannedCloud } from '../../../tests/kit/canned-cloud.ts';
import { ManualClock } from '../../../tests/kit/manual-clock.ts';
import type { HttpCall } from './client.ts';
import { createClient, readRetryAfter } from './client.ts';
import type { Clock } from './clock.ts';
import { steadyClock } from './clock.ts';
import { classify } from './classify.ts';
import { Limiter } from './limiter.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function makeClient({ timeoutMs = 5000, clock = steadyClock }: { timeoutMs?: number; clock?: Clock } = {}) {
  const lines: LogFields[] = [];
  const note = (fields: LogFields): void => void lines.push(fields);
  const log: Logger = { debug: note, info: note, warn: note, error: note, child: () => log };
  const limiter = new Limiter({ concurrency: 8, ratePerSecond: 1000, burst: 100 }, clock);
  const client = createClient({
    region: 'here',
    tls: { verify: true },
    limiter,
    log,
    measurements: noMeasurements,
    timeoutMs,
    connections: 8,
  });
  cleanups.push(() => client.close());
  return { client, lines };
}

async function open(answer: (request: CannedRequest) => CannedAnswer): Promise<CannedCloud> {
  const cloud = await openCannedCloud(answer);
  cleanups.push(() => cloud.close());
  return cloud;
}

function call(url: string, method: 'GET' | 'POST' = 'GET'): HttpCall {
  const name = { service: 'compute', method, path: '/servers', mutating: method !== 'GET' } as const;
  return {
    ...name,
    url: new URL(`${url}/servers`),
    headers: { 'x-auth-token': 'secret-token' },
    ...(method === 'POST' && { body: {} }),
  };
}

function context(more: Partial<CallContext> = {}): CallContext {
  return { signal: AbortSignal.timeout(10_000), beforeEffect: () => Promise.resolve(), ...more };
}

async function failureOf(deed: Promise<unknown>) {
  return deed.then(() => undefined, classify);
}

describe('the client', () => {
  it("reads the answer, and logs the cloud's request id and no token", async () => {
    const cloud = await open(() => ({ body: { servers: [] } }));
    const { client, lines } = makeClient();
    expect((await client.exchange(call(cloud.url), context())).body).toEqual({ servers: [] });
    expect(lines).toEqual([expect.objectContaining({ status: 200, requestId: 'req-of-the-cloud', path: '/servers' })]);
    expect(JSON.stringify(lines)).not.toContain('secret-token');
  });

  it('sends a request id of its own along, and reports it when no answer comes', async () => {
    const cloud = await open(() => 'reset');
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(cloud.url, 'POST'), context()));
    const sent = cloud.requests[0]?.headers['x-openstack-request-id'];
    expect(sent).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(failure?.requestId).toBe(sent);
  });

  it('asks for leave right before it sends what changes something, and never for reading', async () => {
    const cloud = await open(() => ({}));
    const { client } = makeClient();
    const seen: number[] = [];
    const beforeEffect = (): Promise<void> => Promise.resolve(void seen.push(cloud.requests.length));
    await client.exchange(call(cloud.url), context({ beforeEffect }));
    await client.exchange(call(cloud.url, 'POST'), context({ beforeEffect }));
    expect(seen).toEqual([1]);
    expect(cloud.requests).toHaveLength(2);
  });

  it.each(['reset', 'cut'] as const)('does not know the outcome of a POST whose answer was %s', async (answer) => {
    const cloud = await open(() => answer);
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(cloud.url, 'POST'), context()));
    expect(failure).toMatchObject({ class: 'unknown-outcome' });
    expect(cloud.requests).toHaveLength(1);
  });

  it('reads once more when a kept connection broke', async () => {
    let count = 0;
    const cloud = await open(() => ((count += 1) === 1 ? 'reset' : { body: { ok: true } }));
    const { client } = makeClient();
    expect((await client.exchange(call(cloud.url), context())).body).toEqual({ ok: true });
    expect(cloud.requests).toHaveLength(2);
  });

  it('reads no third time', async () => {
    const cloud = await open(() => 'reset');
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(cloud.url), context()));
    expect(failure).toMatchObject({ class: 'transient', type: 'ConnectionLost' });
    expect(cloud.requests).toHaveLength(2);
  });

  it('gives up waiting for an answer', async () => {
    const cloud = await open(() => 'hang');
    const { client } = makeClient({ timeoutMs: 300 });
    const [change, look] = await Promise.all([
      failureOf(client.exchange(call(cloud.url, 'POST'), context())),
      failureOf(client.exchange(call(cloud.url), context())),
    ]);
    expect(change).toMatchObject({ class: 'unknown-outcome', type: 'Timeout' });
    expect(look).toMatchObject({ class: 'transient', type: 'Timeout' });
  });

  it('does not know the outcome of a POST that was aborted on its way', async () => {
    const cloud = await open(() => 'hang');
    const { client } = makeClient();
    const stop = new AbortController();
    const deed = failureOf(client.exchange(call(cloud.url, 'POST'), context({ signal: stop.signal })));
    await expect.poll(() => cloud.requests.length).toBe(1);
    stop.abort();
    expect(await deed).toMatchObject({ class: 'unknown-outcome' });
  });

  it('calls a closed port unreachable, whatever the call', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
    await new Promise((resolve) => server.close(resolve));
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(`http://127.0.0.1:${port}`, 'POST'), context()));
    expect(failure).toMatchObject({ class: 'transient', type: 'Unreachable' });
  });

  it('leaves a service alone for as long as it asks', async () => {
    const answers: CannedAnswer[] = [{ status: 429, headers: { 'retry-after': '30' } }, {}];
    const cloud = await open(() => answers.shift() ?? {});
    const clock = new ManualClock();
    const { client } = makeClient({ clock });
    expect(await failureOf(client.exchange(call(cloud.url), context()))).toMatchObject({ retryAfterMs: 30_000 });
    const impatient = new AbortController();
    const abandoned = failureOf(client.exchange(call(cloud.url), context({ signal: impatient.signal })));
    const patient = client.exchange(call(cloud.url), context());
    await clock.advance(29_999);
    impatient.abort();
    expect(await abandoned).toMatchObject({ class: 'transient', type: 'Aborted' });
    expect(cloud.requests).toHaveLength(1);
    await clock.advance(1);
    expect((await patient).status).toBe(200);
  });

  it("shows a proxy's page as words", async () => {
    const cloud = await open(() => ({ status: 502, body: '<html><h1>Bad Gateway</h1></html>' }));
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(cloud.url), context()));
    expect(failure?.message).toBe('compute refused GET /servers with 502: Bad Gateway');
  });
});

describe('a page that says 200 where JSON belongs', () => {
  it.each([
    ['GET', 'transient'],
    ['POST', 'unknown-outcome'],
  ] as const)('is a bad gateway to a %s', async (method, failureClass) => {
    const cloud = await open(() => ({ body: '<html><p>Please log in</p></html>' }));
    const { client } = makeClient();
    const failure = await failureOf(client.exchange(call(cloud.url, method), context()));
    expect(failure).toMatchObject({ class: failureClass, type: 'CloudError' });
    expect(failure?.message).toContain('it answered 200 with a page: Please log in');
  });
});

describe('Retry-After', () => {
  it('is seconds or a date, and never negative', () => {
    const now = Date.parse('Sat, 21 Nov 2026 05:12:39 GMT');
    expect(readRetryAfter('120', now)).toBe(120_000);
    expect(readRetryAfter('Sat, 21 Nov 2026 05:12:49 GMT', now)).toBe(10_000);
    expect(readRetryAfter('Sat, 21 Nov 2026 05:12:29 GMT', now)).toBe(0);
    expect(readRetryAfter('soon', now)).toBeUndefined();
    expect(readRetryAfter(undefined, now)).toBeUndefined();
  });
});

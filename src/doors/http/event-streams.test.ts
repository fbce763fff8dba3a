import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createApiClient } from '../../contract/client.ts';
import type { DeploymentEvent } from '../../contract/event.ts';
import { KEYS } from './testing/in-memory-app.ts';
import { openDoor } from './testing/open-door.ts';

const doors: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(doors.splice(0).map((door) => door.close())));

const RECONNECT = { attempts: 20, firstDelayMs: 5, maxDelayMs: 20, silenceMs: 5000 };

async function listeningDoor(options: { readonly heartbeatMs?: number } = {}) {
  const open = await openDoor(options);
  doors.push(open.door);
  await open.door.listen({ host: '127.0.0.1', port: 0 });
  const { port } = open.door.server.address() as AddressInfo;
  const id = await open.deploy();
  return { ...open, id, port, baseUrl: `http://127.0.0.1:${port}` };
}

/** Opens the stream and collects its text; `end` resolves when the server closes it. */
async function openStream(port: number, path: string, headers: Record<string, string> = {}) {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    headers: { accept: 'text/event-stream', 'x-api-key': KEYS.read, ...headers },
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const stream = { request, response, text: '', end: new Promise((resolve) => response.once('close', resolve)) };
  response.on('error', () => undefined); // this side broke it off
  response.setEncoding('utf8').on('data', (chunk: string) => (stream.text += chunk));
  return stream;
}

const idsIn = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('an event stream', () => {
  it('gives what happened and what happens, then ends when no run is active', async () => {
    const { app, id, port } = await listeningDoor();
    const stream = await openStream(port, `/deployments/${id}/events`);
    await vi.waitFor(() => expect(app.followers).toBe(1));
    app.emit(id, 'run.started');
    app.emit(id, 'run.finished', 'idle');
    await stream.end;
    expect(stream.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers['x-request-id']).toBeTruthy();
    expect(idsIn(stream.text)).toEqual([1, 2, 3]);
    expect(stream.text).toContain('id: 2\nevent: run.started\ndata: {"seq":2,');
    expect(stream.text.endsWith('event: end\ndata: {}\n\n')).toBe(true);
  });

  it('resumes after Last-Event-ID, which goes before ?after', async () => {
    const { app, id, port } = await listeningDoor();
    for (let n = 0; n < 5; n += 1) app.emit(id, 'node.done', 'idle');
    const resumed = await openStream(port, `/deployments/${id}/events?after=1`, { 'last-event-id': '4' });
    await resumed.end;
    expect(idsIn(resumed.text)).toEqual([5, 6]);
    const after = await openStream(port, `/deployments/${id}/events?after=5`);
    await after.end;
    expect(idsIn(after.text)).toEqual([6]);
  });

  it('stays open with follow=true and beats while nothing happens', async () => {
    const { app, id, port } = await listeningDoor({ heartbeatMs: 5 });
    app.emit(id, 'run.finished', 'idle');
    const stream = await openStream(port, `/deployments/${id}/events?follow=true`);
    await vi.waitFor(() => expect(stream.text).toContain(': heartbeat\n\n'));
    expect(stream.text).not.toContain('event: end');
    stream.request.destroy();
  });

  it('lets go of its source when the client leaves', async () => {
    const { app, id, port } = await listeningDoor();
    const stream = await openStream(port, `/deployments/${id}/events`);
    await vi.waitFor(() => expect(app.followers).toBe(1));
    stream.request.destroy();
    await vi.waitFor(() => expect(app.followers).toBe(0));
  });

  it('waits for a client that does not read, and goes on when it does', async () => {
    const { app, id, port } = await listeningDoor();
    const big = 'x'.repeat(1000);
    const source = app.followEvents;
    let given = 0;
    app.followEvents = async function* (_id, after, signal) {
      for (let seq = after + 1; seq <= 20_000 && !signal.aborted; seq += 1) {
        given = seq;
        yield [{ seq, at: '2026-11-21T10:42:00Z', type: 'node.waiting', run_id: null, key: big, data: {} }];
      }
    };
    const stream = await openStream(port, `/deployments/${id}/events`);
    stream.response.pause();
    // Given out at once would be 20 MB; the sockets between the two hold far less.
    await vi.waitFor(() => expect(given).toBeGreaterThan(100));
    let before = 0;
    await vi.waitFor(() => {
      const stands = given === before;
      before = given;
      expect(stands).toBe(true);
    });
    expect(given).toBeLessThan(20_000);
    stream.response.resume();
    await stream.end;
    expect(idsIn(stream.text)).toHaveLength(20_000);
    app.followEvents = source;
  });

  it('ends without `end` when the server stops, so that the client comes back', async () => {
    const { door, id, port } = await listeningDoor();
    const stream = await openStream(port, `/deployments/${id}/events`);
    await vi.waitFor(() => expect(stream.text).toContain('id: 1'));
    await door.close();
    await stream.end;
    expect(stream.text).not.toContain('event: end');
  });

  it('does not hold up the end, nor does a request that is being answered', async () => {
    const { app, door, id, port } = await listeningDoor();
    await openStream(port, `/deployments/${id}/events`);
    const gate = new EventTarget();
    const asked = new Promise((resolve) => gate.addEventListener('asked', resolve, { once: true }));
    app.listRegions = async () => {
      const answered = new Promise((resolve) => gate.addEventListener('answer', resolve, { once: true }));
      gate.dispatchEvent(new Event('asked'));
      await answered;
      return { items: [] };
    };
    const regions = fetch(`http://127.0.0.1:${port}/regions`, { headers: { 'x-api-key': KEYS.read } });
    await asked;
    const closed = door.close();
    gate.dispatchEvent(new Event('answer'));
    expect((await regions).status).toBe(200);
    await closed;
  });

  it('does not hold up the end with a connection that a client opened ahead of need', async () => {
    const { door, port } = await listeningDoor();
    const accepted = once(door.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    await accepted;
    await door.close();
    expect(socket.destroyed || (await once(socket, 'close'))).toBeTruthy();
  });

  it('is refused with a problem for a deployment that is not there', async () => {
    const { port } = await listeningDoor();
    const stream = await openStream(port, '/deployments/019aa000-0000-7000-8000-000000000000/events');
    await stream.end;
    expect(stream.response.statusCode).toBe(404);
    expect(JSON.parse(stream.text).code).toBe('not_found');
  });

  it('is a page for HEAD and for whoever does not ask for a stream', async () => {
    const { door, id } = await listeningDoor();
    const headers = { 'x-api-key': KEYS.read };
    const page = await door.inject({ url: `/deployments/${id}/events?limit=1`, headers });
    expect(page.json()).toMatchObject({ items: [{ seq: 1 }], next_after: 1, end: false });
    const head = await door.inject({
      method: 'HEAD',
      url: `/deployments/${id}/events`,
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(head.headers['content-type']).toContain('application/json');
  });
});

describe('a client that follows a stream through lost connections', () => {
  it('gets every event once and in order', async () => {
    const { app, id, baseUrl, door } = await listeningDoor();
    let connections = 0;
    door.server.on('request', () => (connections += 1));
    const seen: number[] = [];
    const client = createApiClient({ baseUrl, key: KEYS.read, fetch });
    for await (const event of client.streamEvents(id, { reconnect: RECONNECT })) {
      seen.push(event.seq);
      if (event.seq % 5 === 0) door.server.closeAllConnections();
      app.emit(id, 'node.done', event.seq === 40 ? 'idle' : 'active');
    }
    expect(seen).toEqual(Array.from({ length: 41 }, (_, index) => index + 1));
    expect(connections).toBeGreaterThan(5);
  });

  it('tells that the server is gone after its last attempt', async () => {
    const { door, id, baseUrl } = await listeningDoor();
    const client = createApiClient({ baseUrl, key: KEYS.read, fetch });
    const seen: DeploymentEvent[] = [];
    const follow = async () => {
      for await (const event of client.streamEvents(id, { reconnect: { ...RECONNECT, attempts: 3 } })) {
        seen.push(event);
        void door.close();
      }
    };
    await expect(follow()).rejects.toMatchObject({
      name: 'ServerUnreachable',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(seen).toHaveLength(1);
  });

  it('gives up at once when it is refused', async () => {
    const { id, baseUrl, measured } = await listeningDoor();
    const client = createApiClient({ baseUrl, key: 'wrong', fetch });
    await expect(client.streamEvents(id, { reconnect: RECONNECT }).next()).rejects.toMatchObject({
      name: 'ApiProblem',
      problem: { code: 'unauthenticated' },
    });
    expect(measured.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    const { app, id, baseUrl } = await listeningDoor();
    const client = createApiClient({ baseUrl, key: KEYS.read, fetch });
    const stop = new AbortController();
    const events = client.streamEvents(id, { signal: stop.signal, reconnect: RECONNECT });
    await events.next();
    await vi.waitFor(() => expect(app.followers).toBe(1));
    const next = events.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await vi.waitFor(() => expect(app.followers).toBe(0));
  });

  it('takes a silent connection for dead and opens another', async () => {
    const { app, id, baseUrl } = await listeningDoor();
    const client = createApiClient({ baseUrl, key: KEYS.read, fetch });
    const follow = app.followEvents.bind(app);
    let opened = 0;
    app.followEvents = (...args) => {
      opened += 1;
      if (opened === 2) app.emit(id, 'run.finished', 'idle');
      return follow(...args);
    };
    const seen: number[] = [];
    for await (const { seq } of client.streamEvents(id, { reconnect: { ...RECONNECT, silenceMs: 30 } })) seen.push(seq);
    expect(seen).toEqual([1, 2]);
  });
});

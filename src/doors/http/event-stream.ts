/**
 * Writes a text/event-stream (https://html.spec.whatwg.org/multipage/server-sent-events.html) to one client: no faster
 * than the client reads, with a comment as heartbeat so that both ends notice a dead connection, and to an end when
 * the source ends, the client leaves or the server stops. It knows nothing of what it streams.
 */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

export interface SseEvent {
  /** The client resumes after the last id that it saw; absent for what cannot be resumed after. */
  readonly id?: string;
  readonly event: string;
  /** One line. */
  readonly data: string;
}

/** An answer that is a stream: the source is opened once the head is sent and must end when the signal aborts. */
export interface EventStream {
  readonly stream: (signal: AbortSignal) => AsyncIterable<readonly SseEvent[]>;
}

export interface EventStreams {
  /**
   * Sends the head and then all events; resolves when the connection is done with.
   * @throws what the source throws, after the connection was broken off: the client then resumes by itself.
   */
  send(response: ServerResponse, source: EventStream, headers: Readonly<Record<string, string>>): Promise<void>;
  /** Ends all streams and every later one at once. Clients resume elsewhere or later. */
  stop(): void;
}

const HEARTBEAT = ': heartbeat\n\n';
/** A client that takes nothing for this many heartbeats is gone. */
const STALLED_HEARTBEATS = 4;

export function createEventStreams(heartbeatMs: number): EventStreams {
  const stopping = new AbortController();
  return {
    async send(response, source, headers) {
      const leaving = new AbortController();
      response.once('close', () => leaving.abort());
      const signal = AbortSignal.any([stopping.signal, leaving.signal]);
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no', // nginx would hold events back
        connection: 'close', // it would otherwise stay open after the stream, and hold up the server's end
        ...headers,
      });
      response.flushHeaders();
      const heartbeat = setInterval(() => response.writableNeedDrain || response.write(HEARTBEAT), heartbeatMs);
      try {
        await pump(response, source.stream(signal), signal, heartbeatMs * STALLED_HEARTBEATS);
        response.end();
      } catch (error) {
        response.destroy();
        if (!signal.aborted) throw error;
      } finally {
        clearInterval(heartbeat);
      }
    },
    stop: () => stopping.abort(),
  };
}

/** @throws what the source throws, or an AbortError or TimeoutError while the client does not read. */
async function pump(
  response: ServerResponse,
  events: AsyncIterable<readonly SseEvent[]>,
  signal: AbortSignal,
  stalledMs: number,
): Promise<void> {
  for await (const batch of events) {
    if (signal.aborted) return;
    if (batch.length === 0 || response.write(batch.map(formatSseEvent).join(''))) continue;
    await drained(response, signal, stalledMs);
  }
}

/** The timer holds what it aborts: a timeout signal inside another one can be lost (nodejs/node issue 57736). */
async function drained(response: ServerResponse, signal: AbortSignal, stalledMs: number): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new DOMException('the client does not read', 'TimeoutError')),
    stalledMs,
  );
  try {
    await once(response, 'drain', { signal: AbortSignal.any([signal, stalled.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

export function formatSseEvent({ id, event, data }: SseEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

/**
 * Follows an event stream across lost connections. The place in the stream is the `seq` of the last event that was
 * given out; every connection resumes there, so nothing is lost and nothing is repeated. A connection that is silent
 * for longer than three heartbeats of the server is taken for dead.
 */

import { ApiProblem, ServerUnreachable } from './client-errors.ts';
import type { DeploymentEvent } from './event.ts';
import { createSseParser } from './sse-parser.ts';
import type { SseMessage } from './sse-parser.ts';

export interface FollowOptions {
  /** Only events with a higher `seq`; default 0: from the start. */
  readonly after?: number;
  /** Go on after the last run ended. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly reconnect?: Partial<ReconnectPolicy>;
}

export interface ReconnectPolicy {
  /** Connections in a row that brought nothing before it gives up. */
  readonly attempts: number;
  /** Delay before the second attempt in milliseconds; doubles up to `maxDelayMs`. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A connection without a byte for so long is dead. */
  readonly silenceMs: number;
}

const DEFAULT_RECONNECT: ReconnectPolicy = { attempts: 10, firstDelayMs: 250, maxDelayMs: 5000, silenceMs: 45_000 };

/** Opens the stream. @throws ApiProblem, ServerUnreachable */
type Open = (query: object, headers: object, signal: AbortSignal) => Promise<Response>;

export async function* followEventStream(
  baseUrl: string,
  open: Open,
  options: FollowOptions,
): AsyncGenerator<DeploymentEvent, void, undefined> {
  const policy = { ...DEFAULT_RECONNECT, ...options.reconnect };
  const place: Place = { after: options.after ?? 0, failures: 0 };
  for (;;) {
    options.signal?.throwIfAborted();
    const broken = yield* readConnection(connect(open, place.after, options, policy), place);
    if (broken === 'end') return;
    options.signal?.throwIfAborted();
    place.failures += 1;
    if (place.failures >= policy.attempts || !mayReconnect(broken)) throw asClientError(baseUrl, broken);
    await delay(Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (place.failures - 1)), options.signal);
  }
}

/** Where the stream is, and how many connections in a row brought nothing. */
interface Place {
  after: number;
  failures: number;
}

/** Gives out the new events of one connection; answers `end` or why it broke off. */
async function* readConnection(
  messages: AsyncIterable<SseMessage | 'alive'>,
  place: Place,
): AsyncGenerator<DeploymentEvent, unknown, undefined> {
  try {
    for await (const message of messages) {
      place.failures = 0;
      if (message === 'alive') continue;
      if (message.event === 'end') return 'end';
      const event = JSON.parse(message.data) as DeploymentEvent; // the server's own schema
      if (event.seq <= place.after) continue;
      place.after = event.seq;
      yield event;
    }
    return new Error('the stream broke off');
  } catch (error) {
    return error;
  }
}

/** A refusal will be repeated; a missing server or one that is not ready may come back. */
function mayReconnect(error: unknown): boolean {
  return !(error instanceof ApiProblem) || error.problem.status >= 500;
}

function asClientError(baseUrl: string, error: unknown): ApiProblem | ServerUnreachable {
  if (error instanceof ApiProblem || error instanceof ServerUnreachable) return error;
  return new ServerUnreachable(baseUrl, { cause: error });
}

/** The messages of one connection; `alive` for a chunk that holds none. */
async function* connect(
  open: Open,
  after: number,
  options: FollowOptions,
  policy: ReconnectPolicy,
): AsyncGenerator<SseMessage | 'alive', void, undefined> {
  const silence = createSilenceAlarm(policy.silenceMs);
  const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
  try {
    const query = { after, follow: options.follow };
    const response = await open(query, { accept: 'text/event-stream', 'last-event-id': String(after) }, signal);
    const parse = createSseParser();
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      silence.reset();
      yield 'alive';
      yield* parse(decoder.decode(chunk, { stream: true }));
    }
  } finally {
    silence.stop();
  }
}

function createSilenceAlarm(ms: number) {
  const controller = new AbortController();
  const ring = () => controller.abort(new Error('the stream is silent'));
  let timer = setTimeout(ring, ms);
  return {
    signal: controller.signal,
    reset: () => {
      clearTimeout(timer);
      timer = setTimeout(ring, ms);
    },
    /** Also lets go of a connection that the reader left early. */
    stop: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** @throws the reason of `signal` */
function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error); // an AbortSignal's reason is what the caller gave
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

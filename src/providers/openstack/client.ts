/**
 * Client: the one place that knows HTTP. It sends one request and reads one answer; it knows no tokens and no kinds.
 *
 * What it takes care of: everyone's turn at the limiter, a timeout for every call, `Retry-After`, request ids in the
 * log, and telling a request that never left from one whose answer was lost. It repeats nothing that may change
 * something: that is the run's to decide, after it has looked.
 */

import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';

import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';

import type { JsonObject } from '../../domain/json.ts';
import type { CallContext } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Measurements } from '../../ports/measurements.ts';
import type { TlsConfig } from './cloud-config.ts';
import { readEnvelope } from './envelope.ts';
import type { CallName } from './errors.ts';
import { Refused, Unanswered } from './errors.ts';
import type { Limiter } from './limiter.ts';

export interface HttpCall extends CallName {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}

export interface HttpAnswer {
  readonly status: number;
  /** Parsed JSON, or text when it is not JSON, or undefined when empty. */
  readonly body: unknown;
  header(name: string): string | undefined;
}

export interface Client {
  /**
   * One call.
   * @throws Refused for any answer but 2xx; Unanswered; LeaseLost from `ctx.beforeEffect`; the signal's reason when it
   * aborts before the call is sent.
   */
  exchange(call: HttpCall, ctx: CallContext): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export type CloudMeasurements = Pick<Measurements, 'cloudRequest'>;

export interface ClientOptions {
  readonly region: string;
  readonly tls: TlsConfig;
  readonly limiter: Limiter;
  readonly log: Logger;
  readonly measurements: CloudMeasurements;
  /** Bounds connecting, waiting for the headers, and each silence inside the body, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections kept open per host. */
  readonly connections: number;
}

/** Longest time that a cloud's `Retry-After` holds us back; beyond it we ask again. */
const LONGEST_PAUSE_MS = 5 * 60_000;

export function createClient(options: ClientOptions): Client {
  const agent = new Agent(agentOptions(options));
  return {
    exchange: (call, ctx) => exchange(call, ctx, { options, agent }),
    close: () => agent.destroy(),
  };
}

function agentOptions({ tls, timeoutMs, connections }: ClientOptions): Agent.Options {
  return {
    connections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: tls.verify,
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.cert !== undefined && { cert: tls.cert }),
      ...(tls.key !== undefined && { key: tls.key.reveal() }),
    },
  };
}

interface Wire {
  readonly options: ClientOptions;
  readonly agent: Agent;
}

async function exchange(call: HttpCall, ctx: CallContext, wire: Wire): Promise<HttpAnswer> {
  // One look may ask for twenty servers under one signal: that is no leak, and nobody need be warned of it.
  setMaxListeners(0, ctx.signal);
  const release = await wire.options.limiter.acquire(call.service, ctx.signal, ctx.isAwaited);
  try {
    if (call.mutating) await ctx.beforeEffect();
    ctx.signal.throwIfAborted();
    return await dispatchOnce(call, ctx, wire).catch((error: unknown) => {
      if (!isStaleConnection(error)) throw error;
      return dispatchOnce(call, ctx, wire);
    });
  } finally {
    release();
  }
}

/**
 * A kept connection that the server closed while we wrote into it looks like a lost answer. Reading again does no harm;
 * anything else is left to the run.
 */
function isStaleConnection(error: unknown): boolean {
  return error instanceof Unanswered && error.call.method === 'GET' && RESET_CODES.has(error.code);
}

const RESET_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

async function dispatchOnce(call: HttpCall, ctx: CallContext, wire: Wire): Promise<HttpAnswer> {
  // Services log it as the global request id, so that a call can be found there even when its answer was lost.
  const ourId = `req-${randomUUID()}`;
  const startedAt = performance.now();
  const { log, region, measurements } = wire.options;
  const fields = { region, service: call.service, method: call.method, path: call.path };
  const measure = (status: number): number => {
    const ms = performance.now() - startedAt;
    measurements.cloudRequest({ region, service: call.service, method: call.method, status }, ms / 1000);
    return Math.round(ms);
  };
  try {
    const answer = await readAnswer(await send(call, ourId, { signal: ctx.signal, agent: wire.agent }));
    const requestId = requestIdOf(answer) ?? ourId;
    log.debug({ ...fields, status: answer.status, ms: measure(answer.status), requestId }, 'cloud answered');
    if (answer.status >= 200 && answer.status < 300 && typeof answer.body !== 'string') return answer;
    throw refusalOf(call, answer, { requestId, wire });
  } catch (error) {
    if (error instanceof Refused) throw error;
    const lost = unansweredOf(call, error, ourId);
    measure(0);
    log.warn({ ...fields, code: lost.code, phase: lost.phase, requestId: ourId }, 'cloud did not answer');
    throw lost;
  }
}

function send(
  call: HttpCall,
  ourId: string,
  via: { signal: AbortSignal; agent: Agent },
): Promise<Dispatcher.ResponseData> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': 'groundwork',
    'x-openstack-request-id': ourId,
    ...call.headers,
  };
  if (call.body === undefined)
    return request(call.url, { method: call.method, headers, signal: via.signal, dispatcher: via.agent });
  headers['content-type'] = 'application/json';
  const body = JSON.stringify(call.body);
  return request(call.url, { method: call.method, headers, body, signal: via.signal, dispatcher: via.agent });
}

async function readAnswer(response: Dispatcher.ResponseData): Promise<HttpAnswer> {
  const text = await response.body.text();
  const header = (name: string): string | undefined => {
    const value = response.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { status: response.statusCode, body: parseBody(text), header };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy's page: its words are worth showing
  }
}

function refusalOf(call: CallName, answer: HttpAnswer, seen: { requestId: string; wire: Wire }): Refused {
  const retryAfterMs = readRetryAfter(answer.header('retry-after'));
  if (retryAfterMs !== undefined)
    seen.wire.options.limiter.pause(call.service, Math.min(retryAfterMs, LONGEST_PAUSE_MS));
  const { service, method, path, mutating } = call;
  const { message, ...rest } = readEnvelope(answer.body);
  const isPage = answer.status < 300;
  // A portal or proxy that says 200 and shows a page of its own has not done what was asked: a bad gateway.
  const envelope = { ...rest, message: isPage ? `it answered ${answer.status} with a page: ${message}` : message };
  const answered = { status: isPage ? 502 : answer.status, envelope, requestId: seen.requestId, retryAfterMs };
  return new Refused({ service, method, path, mutating }, answered);
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now. */
export function readRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** The service's own id of the request; clouds before 2016 have only Nova's name for it. */
export function requestIdOf(answer: HttpAnswer): string | undefined {
  return answer.header('x-openstack-request-id') ?? answer.header('x-compute-request-id');
}

function unansweredOf(call: CallName, error: unknown, requestId: string): Unanswered {
  const code = codeOf(error);
  const phase = UNSENT_CODES.has(code) || /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO/.test(code) ? 'unsent' : 'sent';
  const { service, method, path, mutating } = call;
  return new Unanswered({ service, method, path, mutating }, { phase, code, requestId, cause: error });
}

const UNSENT_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/** Node tries several addresses of one name and wraps what each said. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'AbortError' || error.name === 'TimeoutError' ? 'ABORTED' : error.name;
}

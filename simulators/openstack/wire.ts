/**
 * The words every service of the simulator shares: one call coming in, one answer going out, one refusal thrown.
 *
 * A handler is a plain synchronous function from call to answer. That makes every effect atomic: nothing else can run
 * between the checks of a call and its changes, as a database transaction would guarantee in the real services.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TokenRow } from './rows.ts';

export type ServiceName = 'keystone' | 'nova' | 'neutron' | 'glance' | 'placement';

export type JsonObject = Record<string, unknown>;

/** One HTTP request addressed to one service; `path` starts behind the service's prefix, e.g. `/v2.1/servers`. */
export interface Call {
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  /** The query as sent, without the question mark. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** `req-<uuid>`, sent back in `x-openstack-request-id`. */
  readonly requestId: string;
  params: Readonly<Record<string, string>>;
  /** Present behind authentication. */
  token: TokenRow | undefined;
  /** Nova only: NN of the negotiated 2.NN. */
  microversion: number;
}

/** `json` is an already serialised body and wins over `body`; neither means an empty body. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
  readonly json?: string;
}

/** Thrown by handlers to answer with an error; the body is already in the service's own envelope. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`refused with ${answer.status}`);
    this.name = 'Refusal';
    this.answer = answer;
  }
}

/** Runs a handler; a thrown Refusal becomes its answer, anything else is a defect and passes. */
export function settle(run: () => Answer): Answer {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.answer;
    throw thrown;
  }
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export const noContent: Answer = { status: 204 };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The token of an authenticated call; a missing one is a defect of the route table. */
export function tokenOf(call: Call): TokenRow {
  if (call.token === undefined) throw new Error(`${call.method} ${call.path} was routed without authentication`);
  return call.token;
}

export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`${call.path} has no path parameter ${name}`);
  return value;
}

/** The body as JSON; undefined when it is empty or not JSON. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // each service words this refusal itself
  }
}

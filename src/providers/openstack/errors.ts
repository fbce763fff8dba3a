/**
 * What can go wrong when talking to OpenStack.
 *
 * Three things are thrown inside this provider: `Refused` (an answer that is not 2xx), `Unanswered` (no answer) and
 * `Stopped` (we found out ourselves, for example an ambiguous image name). `classify.ts` reads them.
 */

import type { Failure } from '../../domain/failure.ts';
import type { Envelope } from './envelope.ts';

export type Service = 'identity' | 'compute' | 'network' | 'image';
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface CallName {
  readonly service: Service;
  readonly method: Method;
  /** Path below the service's endpoint, without query. */
  readonly path: string;
  /** Whether it may change something in the cloud. */
  readonly mutating: boolean;
}

/** The service answered, and the answer is no. */
export class Refused extends Error {
  readonly call: CallName;
  readonly status: number;
  readonly envelope: Envelope;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(call: CallName, answer: Omit<RefusedAnswer, 'call'>) {
    const words = answer.envelope.message || 'it gave no reason';
    super(`${call.service} refused ${call.method} ${call.path} with ${answer.status}: ${words}`);
    this.name = 'Refused';
    this.call = call;
    this.status = answer.status;
    this.envelope = answer.envelope;
    this.requestId = answer.requestId;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

export interface RefusedAnswer {
  readonly call: CallName;
  readonly status: number;
  readonly envelope: Envelope;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** No answer, or only a part of one. */
export class Unanswered extends Error {
  readonly call: CallName;
  /** `unsent`: it did not leave this machine whole; `sent`: the service may have acted on it. */
  readonly phase: 'unsent' | 'sent';
  /** The system's or the HTTP library's error code, for example `ECONNREFUSED`. */
  readonly code: string;
  /** The id that we sent along, by which operators can find the call in their logs. */
  readonly requestId: string;

  constructor(call: CallName, options: { phase: 'unsent' | 'sent'; code: string; requestId: string; cause: unknown }) {
    const words = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(`${call.service} did not answer ${call.method} ${call.path}: ${words} (${options.code})`, {
      cause: options.cause,
    });
    this.name = 'Unanswered';
    this.call = call;
    this.phase = options.phase;
    this.code = options.code;
    this.requestId = options.requestId;
  }
}

/** We know what is wrong and say it ourselves. */
export class Stopped extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'Stopped';
    this.failure = failure;
  }
}

export function isRefused(error: unknown, status: number): error is Refused {
  return error instanceof Refused && error.status === status;
}

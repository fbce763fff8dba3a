/**
 * What can go wrong when talking to OpenStack, and what each of it means for a run.
 *
 * Three things are thrown inside this provider: `Refused` (an answer that is not 2xx), `Unanswered` (no answer) and
 * `Stopped` (we found out ourselves, for example an ambiguous image name). `classify` turns them into the domain's
 * Failure. The table of known refusals is in `refusals.ts`.
 */

import type { Failure } from '../../domain/failure.ts';
import { LeaseLost } from '../../ports/driver.ts';
import type { Envelope } from './envelope.ts';
import { meaningOf } from './refusals.ts';

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

/** Anything thrown by this provider, as a Failure. Never throws. */
export function classify(error: unknown): Failure {
  if (error instanceof Stopped) return error.failure;
  if (error instanceof Refused) return failureOfRefusal(error);
  if (error instanceof Unanswered) return failureOfSilence(error);
  if (error instanceof LeaseLost) return { class: 'transient', type: 'LeaseLost', message: error.message };
  if (isAbort(error)) return { class: 'transient', type: 'Aborted', message: `call was not sent: ${error.message}` };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { class: 'permanent', type: 'InternalError', message, remedy: 'This is a defect of Groundwork: report it.' };
}

function failureOfRefusal(error: Refused): Failure {
  return {
    ...meaningOf(error),
    message: error.message,
    status: error.status,
    ...(error.requestId !== undefined && { requestId: error.requestId }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}

function failureOfSilence(error: Unanswered): Failure {
  const { message, requestId } = error;
  if (isCertificateFault(error.code)) {
    const remedy = 'Set `cacert` in clouds.yaml to the file with the authority that signed the certificate.';
    return { class: 'permanent', type: 'CertificateNotTrusted', message, requestId, remedy };
  }
  if (error.phase === 'sent' && error.call.mutating) {
    return { class: 'unknown-outcome', type: silenceType(error), message, requestId };
  }
  return { class: 'transient', type: silenceType(error), message, requestId };
}

function silenceType(error: Unanswered): string {
  if (error.phase === 'unsent') return 'Unreachable';
  return /TIMEOUT|ABORT/i.test(error.code) ? 'Timeout' : 'ConnectionLost';
}

/** Codes of Node's TLS: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isCertificateFault(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|CRL_|HOSTNAME_MISMATCH/.test(code);
}

function isAbort(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

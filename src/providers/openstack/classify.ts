/**
 * What each thing that is thrown inside this provider means for a run: the domain's Failure. The table of known refusals
 * is in `refusals.ts`.
 */

import type { Failure } from '../../domain/failure.ts';
import { LeaseLost } from '../../ports/driver.ts';
import { Refused, Unanswered, Stopped } from './errors.ts';
import { meaningOf } from './refusals.ts';

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
    ...(error.envelope.message !== '' && { words: error.envelope.message }),
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

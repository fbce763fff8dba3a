/**
 * Request ids: the caller's own when it is fit for a log line and a header, otherwise a new one.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const FIT = /^[A-Za-z0-9._:-]{1,128}$/;

export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && FIT.test(given) ? given : randomUUID();
}

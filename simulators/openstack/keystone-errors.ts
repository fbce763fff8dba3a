/** Keystone's refusals, and the check of a token that every service makes. */
import { prefixes, type Cloud } from './cloud.ts';
import type { TokenRow } from './rows.ts';
import { Refusal, tokenOf, type Call } from './wire.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
};

export const unauthorizedMessage = 'The request you have made requires authentication.';

export function refuse(code: number, message: string): Refusal {
  return new Refusal({ status: code, body: { error: { code, message, title: titles[code] ?? 'Error' } } });
}

export function notFound(kind: string, id: string): Refusal {
  return refuse(404, `Could not find ${kind}: ${id}.`);
}

/** The 401 of Keystone and of the middleware in front of the other services. */
export function unauthorized(cloud: Cloud): Refusal {
  return new Refusal({
    status: 401,
    headers: challengeOf(cloud),
    body: { error: { code: 401, title: 'Unauthorized', message: unauthorizedMessage } },
  });
}

/** The header that comes with every 401. */
export function challengeOf(cloud: Cloud): Record<string, string> {
  return { 'WWW-Authenticate': `Keystone uri="${cloud.url}${prefixes.keystone}"` };
}

/** The valid token of a call; throws the 401. */
export function authenticate(cloud: Cloud, call: Call): TokenRow {
  const id = call.headers['x-auth-token'];
  const token = typeof id === 'string' ? cloud.state.tokens.get(id) : undefined;
  if (token === undefined || token.expires_at <= Date.now()) throw unauthorized(cloud);
  return token;
}

/** Throws the 403 that names the rule when the caller is not an administrator. */
export function requireAdmin(call: Call, rule: string): void {
  if (!tokenOf(call).admin) throw refuse(403, `You are not authorized to perform the requested action: ${rule}.`);
}

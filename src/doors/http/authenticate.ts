/**
 * Who asks, and may they: the API key is looked up before a byte of the body is read. The key itself never appears in
 * an answer or a log.
 */

import type { FastifyRequest } from 'fastify';
import type { App } from '../../app/app.ts';
import { SCOPES } from '../../contract/key.ts';
import type { Scope } from '../../contract/key.ts';
import type { Access } from '../../contract/operation.ts';
import { ERROR_CATALOGUE, GroundworkError } from '../../domain/errors.ts';

/** Longer than any key that we hand out. */
const LONGEST_KEY = 512;

type OnRequest = (request: FastifyRequest) => Promise<void>;

/** The hook for an operation, or undefined when anyone may call it. */
export function authenticationFor(access: Access, app: Pick<App, 'authenticate'>): OnRequest | undefined {
  if (access === 'public') return undefined;
  if (access === 'loopback') {
    return async (request) => {
      if (!isFromThisMachine(request)) request.caller = await identify(request, app);
    };
  }
  return async (request) => {
    const caller = await identify(request, app);
    if (SCOPES.indexOf(caller.scope) < SCOPES.indexOf(access)) throw tooLittle(caller.scope, access);
    request.caller = caller;
  };
}

async function identify(request: FastifyRequest, app: Pick<App, 'authenticate'>) {
  const key = presentedKey(request);
  if (key === undefined) throw unauthenticated('The request carries no API key.', 'The header is missing.');
  const caller = key.length <= LONGEST_KEY ? await app.authenticate(key) : undefined;
  if (!caller) throw unauthenticated('The API key is not known.', 'There is no such key.');
  return caller;
}

function presentedKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** A request that a proxy on this machine passes on does not come from this machine. */
function isFromThisMachine({ headers, socket }: FastifyRequest): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined) return false;
  return /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
}

function unauthenticated(detail: string, fault: string): GroundworkError {
  const { remedy } = ERROR_CATALOGUE.unauthenticated;
  return new GroundworkError('unauthenticated', detail, {
    faults: [{ pointer: 'header/X-API-Key', detail: fault, remedy }],
  });
}

function tooLittle(has: Scope, needs: Scope): GroundworkError {
  return new GroundworkError('forbidden', `This needs the scope ${needs}; the key has ${has}.`, {
    remedy: `Use a key with the scope ${needs}.`,
  });
}

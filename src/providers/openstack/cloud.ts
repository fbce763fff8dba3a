/**
 * Cloud: calls as the drivers make them. It adds what is the same for all of OpenStack's services: the token and its
 * one renewal, the endpoint, the microversion, and following the links of a listing to its end.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { CallContext } from '../../ports/driver.ts';
import type { Client, HttpAnswer } from './client.ts';
import { requestIdOf } from './client.ts';
import type { CloudConfig } from './cloud-config.ts';
import type { CallName, Method, Service } from './errors.ts';
import { isRefused, Refused } from './errors.ts';
import type { Identity, Session } from './identity.ts';
import type { ComputeVersion } from './microversion.ts';
import { chooseMicroversion, microversionHeaders, versionDocumentUrl } from './microversion.ts';
import { nextQuery } from './paging.ts';
import { SingleFlight } from './single-flight.ts';
import type { WireComputeVersion, WirePage } from './wire.ts';

export interface CloudCall {
  readonly service: Exclude<Service, 'identity'>;
  /** Below the endpoint and its version, for example `/servers`. */
  readonly path: string;
  readonly query?: URLSearchParams;
}

export interface Cloud {
  /** Reads one object. The caller names the shape; see `wire.ts`. */
  get<T>(call: CloudCall, ctx: CallContext): Promise<T>;
  /** All pages of a listing. @param key of the list inside each page, for example `servers`. */
  list<T>(call: CloudCall, key: string, ctx: CallContext): Promise<T[]>;
  /** Changes something. */
  change<T>(method: Exclude<Method, 'GET'>, call: CloudCall & { body?: JsonObject }, ctx: CallContext): Promise<T>;
  /** The same, for a change that is carried out later: the cloud knows it by the id of its request. */
  order(
    method: Exclude<Method, 'GET'>,
    call: CloudCall & { body?: JsonObject },
    ctx: CallContext,
  ): Promise<{ requestId: string | undefined }>;
  session(signal: AbortSignal): Promise<Session>;
  computeVersion(ctx: CallContext): Promise<ComputeVersion>;
}

interface CloudOptions {
  readonly config: CloudConfig;
  readonly client: Client;
  readonly identity: Identity;
}

type AnyCall = CloudCall & { readonly method: Method; readonly body?: JsonObject };

export function createCloud({ config, client, identity }: CloudOptions): Cloud {
  const versionFlight = new SingleFlight<ComputeVersion>();
  let version: ComputeVersion | undefined;

  const computeVersion = async (ctx: CallContext): Promise<ComputeVersion> => {
    const session = await identity.session(ctx.signal);
    return version ?? versionFlight.run(async () => (version = await fetchVersion(session)), ctx.signal);
  };

  const fetchVersion = async (session: Session): Promise<ComputeVersion> => {
    const url = versionDocumentUrl(session.endpoints.compute);
    const call = { ...nameOf({ service: 'compute', method: 'GET', path: '/' }), url, headers: authHeaders(session) };
    const signal = AbortSignal.timeout(VERSION_TIMEOUT_MS);
    const answer = await client.exchange(call, { signal, beforeEffect: () => Promise.resolve() });
    const document = answer.body as { version?: WireComputeVersion }; // shape by the API reference
    return chooseMicroversion(document.version ?? {}, config.computeMicroversion);
  };

  const send = async (call: AnyCall, ctx: CallContext): Promise<HttpAnswer> => {
    const headers = call.service === 'compute' ? microversionHeaders(await computeVersion(ctx)) : {};
    const sendAs = (session: Session): Promise<HttpAnswer> =>
      client.exchange({ ...wireCall(call, session), headers: { ...headers, ...authHeaders(session) } }, ctx);
    const session = await identity.session(ctx.signal);
    try {
      return await sendAs(session);
    } catch (error) {
      // Refused at the door, so nothing happened: doing it again with a new token is no retry.
      if (!isRefused(error, 401)) throw error;
      return sendAs(await identity.renew(session, ctx.signal));
    }
  };

  // The casts below are the one border where answers get their types; `wire.ts` says where the shapes come from.
  return {
    session: (signal) => identity.session(signal),
    computeVersion,
    get: async <T>(call: CloudCall, ctx: CallContext) => (await send({ ...call, method: 'GET' }, ctx)).body as T,
    change: async <T>(method: Exclude<Method, 'GET'>, call: CloudCall & { body?: JsonObject }, ctx: CallContext) =>
      (await send({ ...call, method }, ctx)).body as T,
    order: async (method, call, ctx) => ({ requestId: requestIdOf(await send({ ...call, method }, ctx)) }),
    list: <T>(call: CloudCall, key: string, ctx: CallContext) =>
      listAll<T>(call, key, async (page) => (await send({ ...page, method: 'GET' }, ctx)).body as WirePage | undefined),
  };
}

const VERSION_TIMEOUT_MS = 60_000;

function authHeaders(session: Session): Record<string, string> {
  return { 'x-auth-token': session.token };
}

function nameOf({ service, method, path }: { service: Service; method: Method; path: string }): CallName {
  return { service, method, path, mutating: method !== 'GET' };
}

function wireCall(call: AnyCall, session: Session): CallName & { url: URL; body?: JsonObject } {
  const url = new URL(`${session.endpoints[call.service]}${call.path}`);
  if (call.query) url.search = call.query.toString();
  return { ...nameOf(call), url, ...(call.body !== undefined && { body: call.body }) };
}

type FetchPage = (call: CloudCall) => Promise<WirePage | undefined>;

async function listAll<T>(first: CloudCall, key: string, fetchPage: FetchPage): Promise<T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  for (let call: CloudCall | undefined = first; call;) {
    const page = await fetchPage(call);
    const list = page?.[key];
    if (!Array.isArray(list)) throw brokenListing(call, `the answer holds no list named ${key}`);
    items.push(...(list as T[])); // element shape by the API reference
    const query = nextQuery(page ?? {}, key);
    if (query && seen.has(query.toString())) throw brokenListing(call, 'the links to the next page go round');
    if (query) seen.add(query.toString());
    call = query && { ...first, query };
  }
  return items;
}

/** Half a listing, or a proxy's page that says 200, must never be read as "nothing else exists". */
function brokenListing(call: CloudCall, message: string): Refused {
  const name = nameOf({ ...call, method: 'GET' });
  return new Refused(name, { status: 502, envelope: { message }, requestId: undefined, retryAfterMs: undefined });
}

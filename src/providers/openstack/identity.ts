/**
 * Identity: logs in to Keystone, keeps the token, renews it before it expires and once when a service refuses it.
 * Whoever needs a token while one is being fetched waits for that one.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { CallContext } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Endpoints } from './catalogue.ts';
import { resolveEndpoints } from './catalogue.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import type { CloudConfig, Credentials, DomainRef, NamedRef } from './cloud-config.ts';
import { Stopped } from './errors.ts';
import { SingleFlight } from './single-flight.ts';
import type { WireToken } from './wire.ts';

export interface Session {
  readonly token: string;
  readonly projectId: string;
  readonly endpoints: Endpoints;
}

export interface Identity {
  /**
   * The session, from the cache while it is good.
   * @throws Refused with 401 for wrong credentials; Stopped when the project or an endpoint is missing; Unanswered.
   */
  session(signal: AbortSignal): Promise<Session>;
  /** A session other than this one, whose token a service refused. */
  renew(refused: Session, signal: AbortSignal): Promise<Session>;
}

interface Lease {
  readonly session: Session;
  /** Clock readings. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

interface IdentityOptions {
  readonly cloud: CloudConfig;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A login that no caller owns has a time limit of its own. */
const LOGIN_TIMEOUT_MS = 60_000;
const RENEW_AHEAD_MS = 2 * 60_000;

export function createIdentity(options: IdentityOptions): Identity {
  const { clock, log } = options;
  const flight = new SingleFlight<Lease>();
  let lease: Lease | undefined;

  const login = (signal: AbortSignal): Promise<Lease> => flight.run(async () => (lease = await logIn(options)), signal);

  /** A token that is still good bridges an outage of Keystone. */
  const renewEarly = async (current: Lease, signal: AbortSignal): Promise<Lease> => {
    try {
      return await login(signal);
    } catch (error) {
      if (signal.aborted || clock.now() >= current.expiresAt) throw error;
      log.warn({ cloud: options.cloud.name, err: error }, 'token was not renewed, the old one serves on');
      return current;
    }
  };

  return {
    async session(signal) {
      const current = lease;
      if (!current || clock.now() >= current.expiresAt) return (await login(signal)).session;
      if (clock.now() < current.renewAt) return current.session;
      return (await renewEarly(current, signal)).session;
    },
    async renew(refused, signal) {
      if (lease && lease.session !== refused) return lease.session;
      return (await login(signal)).session;
    },
  };
}

async function logIn({ cloud, client, clock }: IdentityOptions): Promise<Lease> {
  const path = '/auth/tokens';
  const call = { service: 'identity', method: 'POST', path, mutating: false } as const;
  const startedAt = clock.now();
  const answer = await client.exchange(
    { ...call, url: new URL(`${cloud.authUrl}${path}`), headers: {}, body: loginBody(cloud) },
    loginContext(),
  );
  const { token } = answer.body as { token: WireToken }; // the shape of a 201 by the API reference
  const value = answer.header('x-subject-token') ?? '';
  // The token's own two times tell its life span whatever our clock says.
  const lifeMs = Date.parse(token.expires_at) - Date.parse(token.issued_at);
  return {
    session: {
      token: value,
      projectId: projectOf(cloud, token),
      endpoints: resolveEndpoints(cloud, token.catalog ?? []),
    },
    expiresAt: startedAt + lifeMs,
    renewAt: startedAt + lifeMs - Math.min(RENEW_AHEAD_MS, lifeMs / 4),
  };
}

function loginContext(): CallContext {
  return { signal: AbortSignal.timeout(LOGIN_TIMEOUT_MS), beforeEffect: () => Promise.resolve() };
}

function projectOf(cloud: CloudConfig, token: WireToken): string {
  if (token.project) return token.project.id;
  throw new Stopped({
    class: 'permanent',
    type: 'ProjectNotNamed',
    message: `the login of cloud ${cloud.name} is not scoped to a project`,
    remedy: `Set project_name or project_id of clouds.${cloud.name} in clouds.yaml.`,
  });
}

/** https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization and following. */
export function loginBody(cloud: CloudConfig): JsonObject {
  const { credentials, project } = cloud;
  const identity = { methods: [credentials.method], [credentials.method]: methodBody(credentials) };
  return { auth: project ? { identity, scope: { project: namedBody(project) } } : { identity } };
}

function methodBody(credentials: Credentials): JsonObject {
  switch (credentials.method) {
    case 'password':
      return { user: { ...namedBody(credentials.user), password: credentials.password.reveal() } };
    case 'token':
      return { id: credentials.token.reveal() };
    case 'application_credential': {
      const { credential, secret } = credentials;
      const who =
        'id' in credential ? { id: credential.id } : { name: credential.name, user: namedBody(credential.user) };
      return { ...who, secret: secret.reveal() };
    }
  }
}

function namedBody(ref: NamedRef): JsonObject {
  return 'id' in ref ? { id: ref.id } : { name: ref.name, domain: domainBody(ref.domain) };
}

function domainBody(domain: DomainRef): JsonObject {
  return { ...domain };
}

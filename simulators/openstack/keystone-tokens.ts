/**
 * Tokens: password and application credential in, token and catalogue out.
 *
 * Wrong password, unknown user, unknown project and a missing role all give the same 401, so that nobody can probe
 * for names.
 */
import { isoMicroseconds, prefixes, type Cloud } from './cloud.ts';
import { auditId, hexId, tokenId } from './identifiers.ts';
import { refuse, unauthorizedMessage } from './keystone-errors.ts';
import type { Routes } from './routes.ts';
import type { ApplicationCredentialRow, ProjectRow, TokenRow, UserRow } from './rows.ts';
import {
  isObject,
  noContent,
  ok,
  parseJson,
  type Refusal,
  tokenOf,
  type Answer,
  type Call,
  type JsonObject,
} from './wire.ts';

export function addTokenRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('POST', '/v3/auth/tokens', (call) => createToken(cloud, call));
  routes.add('GET', '/v3/auth/tokens', (call) => {
    const token = subjectToken(cloud, call);
    return {
      status: 200,
      headers: tokenHeaders(token),
      body: { token: showToken(cloud, token, !call.query.has('nocatalog')) },
    };
  });
  routes.add('DELETE', '/v3/auth/tokens', (call) => {
    cloud.state.tokens.remove(subjectToken(cloud, call).id);
    return noContent;
  });
  routes.add('GET', '/v3/auth/catalog', (call) => {
    const self = `${cloud.url}${prefixes.keystone}/v3/auth/catalog`;
    return ok({
      catalog: tokenOf(call).project_id === null ? [] : catalog(cloud),
      links: { next: null, self, previous: null },
    });
  });
}

/** Revokes every token, as an administrator's `DELETE` of each would. */
export function revokeAllTokens(cloud: Cloud): number {
  const ids = [...cloud.state.tokens.values()].map((token) => token.id);
  for (const id of ids) cloud.state.tokens.remove(id);
  return ids.length;
}

function createToken(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  if (body === undefined) throw expecting('valid JSON');
  const auth = isObject(body) ? body['auth'] : undefined;
  if (!isObject(auth)) throw expecting('auth');
  if (!isObject(auth['identity'])) throw refuse(400, "'identity' is a required property");
  const token = issue(cloud, identify(cloud, auth['identity']), auth['scope']);
  cloud.state.tokens.put(token);
  forgetExpired(cloud);
  return {
    status: 201,
    headers: tokenHeaders(token),
    body: { token: showToken(cloud, token, !call.query.has('nocatalog')) },
  };
}

interface Identity {
  readonly method: string;
  readonly user: UserRow;
  readonly credential: ApplicationCredentialRow | undefined;
}

function identify(cloud: Cloud, identity: JsonObject): Identity {
  const methods = Array.isArray(identity['methods']) ? identity['methods'] : [];
  const method = String(methods[0]);
  const input = identity[method];
  if (!isObject(input)) throw refused();
  if (method === 'password') return { method, user: byPassword(cloud, input['user']), credential: undefined };
  if (method === 'application_credential') return byCredential(cloud, input);
  if (method === 'token') return byToken(cloud, input['id']);
  throw refuse(400, `Attempted to authenticate with an unsupported method.`);
}

function byPassword(cloud: Cloud, wanted: unknown): UserRow {
  const user = isObject(wanted) ? findUser(cloud, wanted) : undefined;
  const given = isObject(wanted) ? wanted['password'] : undefined;
  if (user === undefined || !user.enabled || typeof given !== 'string' || !user.passwords.includes(given))
    throw refused();
  return user;
}

function byCredential(cloud: Cloud, wanted: JsonObject): Identity {
  const credential = findCredential(cloud, wanted);
  const user = credential === undefined ? undefined : cloud.state.users.get(credential.user_id);
  if (credential === undefined || user === undefined || credential.secret !== wanted['secret']) throw refused();
  if (credential.expires_at !== null && Date.parse(credential.expires_at) <= Date.now()) throw refused();
  return { method: 'application_credential', user, credential };
}

function findCredential(cloud: Cloud, wanted: JsonObject): ApplicationCredentialRow | undefined {
  if (typeof wanted['id'] === 'string') return cloud.state.applicationCredentials.get(wanted['id']);
  const user = isObject(wanted['user']) ? findUser(cloud, wanted['user']) : undefined;
  return [...cloud.state.applicationCredentials.values()].find(
    (row) => row.user_id === user?.id && row.name === wanted['name'],
  );
}

function byToken(cloud: Cloud, id: unknown): Identity {
  const token = typeof id === 'string' ? cloud.state.tokens.get(id) : undefined;
  const user = token === undefined ? undefined : cloud.state.users.get(token.user_id);
  if (token === undefined || user === undefined || token.expires_at <= Date.now()) throw refused();
  return { method: 'token', user, credential: undefined };
}

function findUser(cloud: Cloud, wanted: JsonObject): UserRow | undefined {
  if (typeof wanted['id'] === 'string') return cloud.state.users.get(wanted['id']);
  if (typeof wanted['name'] !== 'string' || !isDefaultDomain(wanted['domain'])) return undefined;
  return [...cloud.state.users.by('name', wanted['name'])][0];
}

function isDefaultDomain(domain: unknown): boolean {
  return (
    isObject(domain) &&
    (domain['id'] === 'default' || (typeof domain['name'] === 'string' && domain['name'].toLowerCase() === 'default'))
  );
}

function issue(cloud: Cloud, identity: Identity, scope: unknown): TokenRow {
  const project = scopeOf(cloud, identity, scope);
  const roles =
    project === undefined ? [] : (identity.credential?.roles ?? rolesOf(cloud, identity.user.id, project.id));
  if (project !== undefined && roles.length === 0) throw refused();
  const now = Date.now();
  return {
    id: tokenId(),
    methods: [identity.method],
    user_id: identity.user.id,
    project_id: project?.id ?? null,
    roles,
    admin: roles.includes('admin'),
    issued_at: now,
    expires_at: now + cloud.options.tokenLifetime * 1000,
    audit_id: auditId(),
  };
}

function scopeOf(cloud: Cloud, identity: Identity, scope: unknown): ProjectRow | undefined {
  if (identity.credential !== undefined) {
    if (scope !== undefined) throw refuse(401, 'Application credentials cannot request a scope.');
    return enabled(cloud.state.projects.get(identity.credential.project_id));
  }
  if (scope === undefined || scope === 'unscoped' || (isObject(scope) && 'unscoped' in scope)) return undefined;
  if (!isObject(scope) || !isObject(scope['project'])) throw refused(); // domain and system scope: nobody has a role there
  const wanted = scope['project'];
  if (typeof wanted['id'] === 'string') return enabled(cloud.state.projects.get(wanted['id']));
  if (typeof wanted['name'] !== 'string' || !isDefaultDomain(wanted['domain'])) throw refused();
  return enabled([...cloud.state.projects.by('name', wanted['name'])][0]);
}

function enabled(project: ProjectRow | undefined): ProjectRow {
  if (project === undefined || !project.enabled) throw refused();
  return project;
}

/** Names of the roles a user has in a project; `admin` implies `member` and `reader`, as after a bootstrap. */
export function rolesOf(cloud: Cloud, userId: string, projectId: string): string[] {
  const names = new Set<string>();
  for (const assignment of cloud.state.assignments.by('user', userId)) {
    const role = cloud.state.roles.get(assignment.role_id);
    if (assignment.project_id === projectId && role !== undefined) names.add(role.name);
  }
  if (names.has('admin')) names.add('member');
  if (names.has('member')) names.add('reader');
  return [...names];
}

function subjectToken(cloud: Cloud, call: Call): TokenRow {
  const id = call.headers['x-subject-token'];
  const token = typeof id === 'string' ? cloud.state.tokens.get(id) : undefined;
  if (token === undefined || token.expires_at <= Date.now()) throw refuse(404, 'Could not recognize Fernet token');
  if (token.user_id !== tokenOf(call).user_id && !tokenOf(call).admin) {
    throw refuse(403, 'You are not authorized to perform the requested action: identity:validate_token.');
  }
  return token;
}

function tokenHeaders(token: TokenRow): Record<string, string> {
  return { 'X-Subject-Token': token.id, Vary: 'X-Auth-Token' };
}

function showToken(cloud: Cloud, token: TokenRow, withCatalog: boolean): JsonObject {
  const user = cloud.state.users.get(token.user_id);
  const project = token.project_id === null ? undefined : cloud.state.projects.get(token.project_id);
  const domain = { id: 'default', name: 'Default' };
  return {
    methods: token.methods,
    user: { domain, id: token.user_id, name: user?.name ?? '', password_expires_at: null },
    audit_ids: [token.audit_id],
    expires_at: `${isoMicroseconds(token.expires_at).slice(0, 19)}.000000Z`,
    issued_at: `${isoMicroseconds(token.issued_at).slice(0, 19)}.000000Z`,
    ...(project !== undefined && {
      project: { domain, id: project.id, name: project.name },
      is_domain: false,
      roles: token.roles.map((name) => ({ id: [...cloud.state.roles.by('name', name)][0]?.id ?? hexId(), name })),
      ...(withCatalog && { catalog: catalog(cloud) }),
    }),
  };
}

/** Services and the URL of each behind its prefix; Neutron's carries no version, as in a real catalogue. */
export const endpoints = [
  { name: 'keystone', type: 'identity', path: `${prefixes.keystone}/v3/` },
  { name: 'nova', type: 'compute', path: `${prefixes.nova}/v2.1` },
  { name: 'neutron', type: 'network', path: prefixes.neutron },
  { name: 'glance', type: 'image', path: prefixes.glance },
  { name: 'placement', type: 'placement', path: prefixes.placement },
] as const;

function catalog(cloud: Cloud): JsonObject[] {
  const region = cloud.options.region;
  return endpoints.map(({ name, type, path }) => ({
    endpoints: ['public', 'internal', 'admin'].map((face) => ({
      id: `${name}${face}`.padEnd(32, '0'),
      interface: face,
      region_id: region,
      url: `${cloud.url}${path}`,
      region,
    })),
    id: name.padEnd(32, '0'),
    type,
    name,
  }));
}

function refused(): Refusal {
  return refuse(401, unauthorizedMessage);
}

function expecting(what: string): Refusal {
  const rest =
    'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';
  return refuse(400, `Expecting to find ${what} in request body. ${rest}`);
}

// Real tokens cost their service nothing once expired; these rows would stay for ever.
function forgetExpired(cloud: Cloud): void {
  const now = Date.now();
  for (const token of cloud.state.tokens.values()) {
    if (token.expires_at > now) return; // oldest first
    cloud.state.tokens.remove(token.id);
  }
}

/**
 * Keystone: its route table, its error envelope and its version discovery.
 *
 * API reference: https://docs.openstack.org/api-ref/identity/v3/
 */
import { prefixes, type Cloud } from './cloud.ts';
import { addAccountRoutes } from './keystone-accounts.ts';
import { addCredentialRoutes } from './keystone-credentials.ts';
import { authenticate, challengeOf, refuse } from './keystone-errors.ts';
import { addTokenRoutes } from './keystone-tokens.ts';
import { Routes } from './routes.ts';
import { ok, Refusal, settle, type Answer, type Call, type JsonObject } from './wire.ts';

/** Calls that need no token. */
const open = new Set(['GET ', 'GET /v3', 'POST /v3/auth/tokens']);

export function createKeystone(cloud: Cloud): (call: Call) => Answer {
  const routes = new Routes();
  routes.add('GET', '/', () => ({
    status: 300,
    headers: { Location: `${cloud.url}${prefixes.keystone}/v3/` },
    body: { versions: { values: [version(cloud)] } },
  }));
  routes.add('GET', '/v3', () => ok({ version: version(cloud) }));
  addTokenRoutes(routes, cloud);
  addAccountRoutes(routes, cloud);
  addCredentialRoutes(routes, cloud);
  return (call) => {
    const answer = settle(() => dispatch(routes, cloud, call));
    const challenge = answer.status === 401 ? challengeOf(cloud) : {};
    return { ...answer, headers: { Vary: 'X-Auth-Token', ...challenge, ...answer.headers } };
  };
}

function dispatch(routes: Routes, cloud: Cloud, call: Call): Answer {
  const path = call.path.replace(/\/+$/, '');
  const match = routes.find(call.method === 'HEAD' ? 'GET' : call.method, path);
  const handler = match?.handler ?? routes.find(call.method, path)?.handler;
  if (match === undefined)
    throw refuse(404, `(${cloud.url}${prefixes.keystone}${call.path}): The resource could not be found.`);
  if (handler === undefined) throw new Refusal({ status: 405, headers: { Allow: match.methods.join(', ') } });
  call.params = match.params;
  if (!open.has(`${call.method} ${path}`)) call.token = authenticate(cloud, call);
  return handler(call);
}

function version(cloud: Cloud): JsonObject {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${cloud.url}${prefixes.keystone}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

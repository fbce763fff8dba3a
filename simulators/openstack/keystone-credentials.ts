/** Application credentials: made by their user, for the project of the user's token. */
import { prefixes, type Cloud } from './cloud.ts';
import { hexId, tokenId } from './identifiers.ts';
import { notFound, refuse } from './keystone-errors.ts';
import type { Routes } from './routes.ts';
import type { ApplicationCredentialRow } from './rows.ts';
import { isObject, noContent, ok, param, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

const collection = '/v3/users/{user}/application_credentials';

export function addCredentialRoutes(routes: Routes, cloud: Cloud): void {
  const { applicationCredentials } = cloud.state;
  routes.add('POST', collection, (call) => create(cloud, call));
  routes.add('GET', collection, (call) => {
    const mine = [...applicationCredentials.values()].filter((row) => row.user_id === ownUser(call));
    const self = `${cloud.url}${prefixes.keystone}${call.path}`;
    return ok({
      application_credentials: mine.map((row) => show(cloud, row)),
      links: { next: null, self, previous: null },
    });
  });
  routes.add('GET', `${collection}/{id}`, (call) => ok({ application_credential: show(cloud, find(cloud, call)) }));
  routes.add('DELETE', `${collection}/{id}`, (call) => {
    applicationCredentials.remove(find(cloud, call).id);
    return noContent;
  });
}

function create(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body['application_credential'] : undefined;
  if (!isObject(wanted) || typeof wanted['name'] !== 'string') throw refuse(400, "'name' is a required property");
  const token = tokenOf(call);
  if (token.project_id === null)
    throw refuse(
      403,
      'You are not authorized to perform the requested action: identity:create_application_credential.',
    );
  const row: ApplicationCredentialRow = {
    id: hexId(),
    name: wanted['name'],
    secret: typeof wanted['secret'] === 'string' ? wanted['secret'] : tokenId().slice(7, 93),
    user_id: ownUser(call),
    project_id: token.project_id,
    description: typeof wanted['description'] === 'string' ? wanted['description'] : null,
    roles: token.roles,
    unrestricted: wanted['unrestricted'] === true,
    expires_at: typeof wanted['expires_at'] === 'string' ? wanted['expires_at'] : null,
  };
  cloud.state.applicationCredentials.put(row);
  return { status: 201, body: { application_credential: { ...show(cloud, row), secret: row.secret } } };
}

function ownUser(call: Call): string {
  if (param(call, 'user') !== tokenOf(call).user_id) {
    throw refuse(403, 'You are not authorized to perform the requested action: identity:application_credential.');
  }
  return param(call, 'user');
}

function find(cloud: Cloud, call: Call): ApplicationCredentialRow {
  const row = cloud.state.applicationCredentials.get(param(call, 'id'));
  if (row === undefined || row.user_id !== ownUser(call)) throw notFound('application credential', param(call, 'id'));
  return row;
}

function show(cloud: Cloud, row: ApplicationCredentialRow): JsonObject {
  const { secret: _, roles, ...shown } = row;
  const roleOf = (name: string): JsonObject => {
    const id = [...cloud.state.roles.by('name', name)][0]?.id;
    return { id, name, domain_id: null, description: null, options: { immutable: true } };
  };
  return {
    ...shown,
    system: null,
    roles: roles.map(roleOf),
    links: { self: `${cloud.url}${prefixes.keystone}/v3/users/${row.user_id}/application_credentials/${row.id}` },
  };
}

/** Projects, users, roles and assignments: what a test needs to make a project of its own. */
import { prefixes, type Cloud } from './cloud.ts';
import { hexId } from './identifiers.ts';
import { notFound, refuse, requireAdmin } from './keystone-errors.ts';
import { endpoints, rolesOf } from './keystone-tokens.ts';
import type { Routes } from './routes.ts';
import type { ProjectRow, RoleRow, UserRow } from './rows.ts';
import { isObject, noContent, ok, param, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

export function addAccountRoutes(routes: Routes, cloud: Cloud): void {
  addProjects(routes, cloud);
  addUsers(routes, cloud);
  addRoles(routes, cloud);
  addCatalogue(routes, cloud);
}

function addProjects(routes: Routes, cloud: Cloud): void {
  const { projects } = cloud.state;
  const show = (row: ProjectRow): JsonObject => ({
    ...row,
    is_domain: false,
    parent_id: 'default',
    tags: [],
    options: {},
    links: { self: link(cloud, `projects/${row.id}`) },
  });
  routes.add('GET', '/v3/projects', (call) => {
    requireAdmin(call, 'identity:list_projects');
    return listOf(cloud, call, 'projects', [...projects.values()].map(show));
  });
  routes.add('GET', '/v3/auth/projects', (call) => {
    const mine = [...projects.values()].filter((row) => rolesOf(cloud, tokenOf(call).user_id, row.id).length > 0);
    return listOf(cloud, call, 'projects', mine.map(show));
  });
  routes.add('POST', '/v3/projects', (call) => {
    requireAdmin(call, 'identity:create_project');
    const wanted = bodyOf(call, 'project');
    const row: ProjectRow = {
      id: hexId(),
      name: nameOf(wanted),
      description: String(wanted['description'] ?? ''),
      enabled: wanted['enabled'] !== false,
      domain_id: 'default',
    };
    refuseTwice('project', row.name, projects.by('name', row.name).size);
    projects.put(row);
    return { status: 201, body: { project: show(row) } };
  });
  routes.add('GET', '/v3/projects/{id}', (call) => {
    const row = projects.get(param(call, 'id'));
    if (row === undefined) throw notFound('project', param(call, 'id'));
    if (tokenOf(call).project_id !== row.id) requireAdmin(call, 'identity:get_project');
    return ok({ project: show(row) });
  });
  routes.add('DELETE', '/v3/projects/{id}', (call) => {
    requireAdmin(call, 'identity:delete_project');
    if (projects.get(param(call, 'id')) === undefined) throw notFound('project', param(call, 'id'));
    for (const token of cloud.state.tokens.values())
      if (token.project_id === param(call, 'id')) cloud.state.tokens.remove(token.id);
    projects.remove(param(call, 'id'));
    return noContent;
  });
}

function addUsers(routes: Routes, cloud: Cloud): void {
  const { users } = cloud.state;
  const show = ({ passwords: _, ...row }: UserRow): JsonObject => ({
    ...row,
    options: {},
    password_expires_at: null,
    links: { self: link(cloud, `users/${row.id}`) },
  });
  routes.add('GET', '/v3/users', (call) => {
    requireAdmin(call, 'identity:list_users');
    return listOf(cloud, call, 'users', [...users.values()].map(show));
  });
  routes.add('POST', '/v3/users', (call) => {
    requireAdmin(call, 'identity:create_user');
    const wanted = bodyOf(call, 'user');
    const row: UserRow = {
      id: hexId(),
      name: nameOf(wanted),
      domain_id: 'default',
      enabled: wanted['enabled'] !== false,
      passwords: typeof wanted['password'] === 'string' ? [wanted['password']] : [],
    };
    refuseTwice('user', row.name, users.by('name', row.name).size);
    users.put(row);
    return { status: 201, body: { user: show(row) } };
  });
  routes.add('GET', '/v3/users/{id}', (call) => {
    const row = users.get(param(call, 'id'));
    if (row === undefined) throw notFound('user', param(call, 'id'));
    return ok({ user: show(row) });
  });
  routes.add('DELETE', '/v3/users/{id}', (call) => {
    requireAdmin(call, 'identity:delete_user');
    if (users.get(param(call, 'id')) === undefined) throw notFound('user', param(call, 'id'));
    for (const token of cloud.state.tokens.values())
      if (token.user_id === param(call, 'id')) cloud.state.tokens.remove(token.id);
    users.remove(param(call, 'id'));
    return noContent;
  });
}

function addRoles(routes: Routes, cloud: Cloud): void {
  const { roles, assignments } = cloud.state;
  const show = (row: RoleRow): JsonObject => ({
    ...row,
    domain_id: null,
    description: null,
    options: {},
    links: { self: link(cloud, `roles/${row.id}`) },
  });
  routes.add('GET', '/v3/roles', (call) => {
    requireAdmin(call, 'identity:list_roles');
    return listOf(cloud, call, 'roles', [...roles.values()].map(show));
  });
  routes.add('POST', '/v3/roles', (call) => {
    requireAdmin(call, 'identity:create_role');
    const row: RoleRow = { id: hexId(), name: nameOf(bodyOf(call, 'role')) };
    refuseTwice('role', row.name, roles.by('name', row.name).size);
    roles.put(row);
    return { status: 201, body: { role: show(row) } };
  });
  const grant = '/v3/projects/{project}/users/{user}/roles/{role}';
  routes.add('PUT', grant, (call) => {
    requireAdmin(call, 'identity:create_grant');
    const [project_id, user_id, role_id] = [param(call, 'project'), param(call, 'user'), param(call, 'role')];
    if (cloud.state.projects.get(project_id) === undefined) throw notFound('project', project_id);
    if (cloud.state.users.get(user_id) === undefined) throw notFound('user', user_id);
    if (roles.get(role_id) === undefined) throw notFound('role', role_id);
    assignments.put({ id: `${project_id}/${user_id}/${role_id}`, project_id, user_id, role_id });
    return noContent;
  });
  routes.add('DELETE', grant, (call) => {
    requireAdmin(call, 'identity:revoke_grant');
    assignments.remove(`${param(call, 'project')}/${param(call, 'user')}/${param(call, 'role')}`);
    return noContent;
  });
  routes.add('GET', '/v3/role_assignments', (call) => {
    requireAdmin(call, 'identity:list_role_assignments');
    const found = [...assignments.values()].map((row) => ({
      role: { id: row.role_id },
      user: { id: row.user_id },
      scope: { project: { id: row.project_id } },
    }));
    return listOf(cloud, call, 'role_assignments', found);
  });
}

function addCatalogue(routes: Routes, cloud: Cloud): void {
  routes.add('GET', '/v3/domains', (call) =>
    listOf(cloud, call, 'domains', [
      { id: 'default', name: 'Default', description: 'The default domain', enabled: true, tags: [], options: {} },
    ]),
  );
  routes.add('GET', '/v3/regions', (call) =>
    listOf(cloud, call, 'regions', [{ id: cloud.options.region, description: '', parent_region_id: null }]),
  );
  routes.add('GET', '/v3/services', (call) =>
    listOf(
      cloud,
      call,
      'services',
      endpoints.map(({ name, type }) => ({ id: name.padEnd(32, '0'), name, type, enabled: true })),
    ),
  );
}

// Every scalar query parameter of the identity lists is an exact filter on a field.
function listOf(cloud: Cloud, call: Call, collection: string, items: readonly JsonObject[]): Answer {
  const filters = [...call.query].filter(([key]) => !['limit', 'marker', 'sort_key'].includes(key));
  const found = items.filter((item) => filters.every(([key, value]) => !(key in item) || String(item[key]) === value));
  const self = `${cloud.url}${prefixes.keystone}${call.path}${call.search === '' ? '' : `?${call.search}`}`;
  return ok({ [collection]: found, links: { next: null, self, previous: null } });
}

function bodyOf(call: Call, key: string): JsonObject {
  const body = parseJson(call.body);
  const inner = isObject(body) ? body[key] : undefined;
  if (!isObject(inner)) throw refuse(400, `'${key}' is a required property`);
  return inner;
}

function nameOf(wanted: JsonObject): string {
  const name = wanted['name'];
  if (typeof name !== 'string' || name === '') throw refuse(400, "'name' is a required property");
  return name;
}

function refuseTwice(kind: string, name: string, have: number): void {
  if (have === 0) return;
  throw refuse(
    409,
    `Conflict occurred attempting to store ${kind} - it is not permitted to have two ${kind}s with the same name in the same domain: ${name}.`,
  );
}

function link(cloud: Cloud, path: string): string {
  return `${cloud.url}${prefixes.keystone}/v3/${path}`;
}

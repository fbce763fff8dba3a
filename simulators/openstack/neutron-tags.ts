/** Tags of Neutron resources: a sub-resource, never part of a POST. */
import type { Cloud } from './cloud.ts';
import { storeChange } from './neutron-collection.ts';
import { badRequest, refuse } from './neutron-errors.ts';
import type { Routes } from './routes.ts';
import type { NeutronRow } from './rows.ts';
import type { Table } from './table.ts';
import { isObject, noContent, ok, param, parseJson, tokenOf, type Call } from './wire.ts';

export function addTagRoutes(routes: Routes, cloud: Cloud): void {
  const { state } = cloud;
  // Only the standard attributes are used below, and every one of these rows has them.
  const tables = {
    networks: state.networks,
    subnets: state.subnets,
    ports: state.ports,
    routers: state.routers,
    floatingips: state.floatingIps,
    'security-groups': state.securityGroups,
  } as unknown as Readonly<Record<string, Table<NeutronRow>>>;
  for (const [collection, table] of Object.entries(tables)) addFor(routes, collection, table);
}

function addFor(routes: Routes, collection: string, table: Table<NeutronRow>): void {
  const path = `/v2.0/${collection}/{id}/tags`;
  const change = (call: Call, tags: readonly string[]): NeutronRow => {
    const row = find(table, collection, call);
    row.tags = [...new Set(tags)].sort();
    storeChange(table, row);
    return row;
  };
  routes.add('GET', path, (call) => ok({ tags: find(table, collection, call).tags }));
  routes.add('PUT', path, (call) => ok({ tags: change(call, tagsIn(call)).tags }));
  routes.add('DELETE', path, (call) => {
    change(call, []);
    return noContent;
  });
  routes.add('GET', `${path}/{tag}`, (call) => {
    if (find(table, collection, call).tags.includes(param(call, 'tag'))) return noContent;
    throw tagNotFound(param(call, 'tag'));
  });
  routes.add('PUT', `${path}/{tag}`, (call) => {
    change(call, [...find(table, collection, call).tags, checked(param(call, 'tag'))]);
    return { status: 201, json: 'null' };
  });
  routes.add('DELETE', `${path}/{tag}`, (call) => {
    const row = find(table, collection, call);
    if (!row.tags.includes(param(call, 'tag'))) throw tagNotFound(param(call, 'tag'));
    change(
      call,
      row.tags.filter((tag) => tag !== param(call, 'tag')),
    );
    return noContent;
  });
}

function find(table: Table<NeutronRow>, collection: string, call: Call): NeutronRow {
  const id = param(call, 'id');
  const row = table.get(id);
  const token = tokenOf(call);
  if (row !== undefined && (token.admin || row.project_id === token.project_id)) return row;
  throw refuse(404, 'TagResourceNotFound', `Resource ${collection.replaceAll('-', '_')} ${id} could not be found.`);
}

function tagsIn(call: Call): string[] {
  const body = parseJson(call.body);
  const tags = isObject(body) ? body['tags'] : undefined;
  if (!Array.isArray(tags)) throw badRequest("Invalid input for tags. Reason: 'None' is not a list.");
  return tags.map((tag) => checked(tag));
}

function checked(tag: unknown): string {
  if (typeof tag === 'string' && tag.length <= 255) return tag;
  throw badRequest(
    `Invalid input for tags. Reason: '${String(tag)}' ${typeof tag === 'string' ? 'exceeds maximum length of 255' : 'is not a valid string'}.`,
  );
}

function tagNotFound(tag: string) {
  return refuse(404, 'TagNotFound', `Tag ${tag} could not be found.`);
}

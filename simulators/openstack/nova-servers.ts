/** The routes of servers themselves: lists, one, creation, renaming, deletion. */
import type { Cloud } from './cloud.ts';
import { conflict, invalidField, noInstance } from './nova-errors.ts';
import { startDestroy } from './nova-life.ts';
import { createServers } from './nova-server-create.ts';
import { listServers } from './nova-server-list.ts';
import { checkName, readBody } from './nova-server-schema.ts';
import { detailJson } from './nova-server-view.ts';
import type { Routes } from './routes.ts';
import type { ServerRow } from './rows.ts';
import { noContent, param, tokenOf, type Answer, type Call } from './wire.ts';

export function addServerRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', '/v2.1/servers', (call) => listServers(cloud, call, false));
  routes.add('GET', '/v2.1/servers/detail', (call) => listServers(cloud, call, true));
  routes.add('POST', '/v2.1/servers', (call) => createServers(cloud, call));
  routes.add('GET', '/v2.1/servers/{id}', (call) => showServer(cloud, findServer(cloud, call), call));
  routes.add('PUT', '/v2.1/servers/{id}', (call) => update(cloud, call));
  routes.add('DELETE', '/v2.1/servers/{id}', (call) => {
    const server = findServer(cloud, call);
    refuseLocked(server, call);
    if (server.task_state !== 'deleting') startDestroy(cloud, server);
    return noContent;
  });
}

/** The server in the path; 404 for one of another project too. */
export function findServer(cloud: Cloud, call: Call): ServerRow {
  const id = param(call, 'id');
  const server = cloud.state.servers.get(id);
  const token = tokenOf(call);
  if (server === undefined || !(token.admin || server.project_id === token.project_id)) throw noInstance(id);
  return server;
}

/** An administrator may touch a locked server, its owner may not. */
export function refuseLocked(server: ServerRow, call: Call): void {
  if (server.locked && !tokenOf(call).admin) throw conflict(`Instance ${server.id} is locked`);
}

export function showServer(cloud: Cloud, server: ServerRow, call: Call): Answer {
  return { status: 200, json: `{"server":${detailJson(cloud, server, call, true)}}` };
}

/** Fields of PUT and the microversion that brought each. */
const changeable: Readonly<Record<string, number>> = {
  name: 1,
  accessIPv4: 1,
  accessIPv6: 1,
  'OS-DCF:diskConfig': 1,
  description: 19,
  hostname: 90,
};

function update(cloud: Cloud, call: Call): Answer {
  const wanted = readBody(call);
  const unknown = Object.keys(wanted).find((key) => (changeable[key] ?? 99) > call.microversion);
  if (unknown !== undefined) {
    throw invalidField('server', wanted, `Additional properties are not allowed ('${unknown}' was unexpected)`);
  }
  const server = findServer(cloud, call);
  if ('name' in wanted) server.name = checkName(wanted['name']);
  if (typeof wanted['accessIPv4'] === 'string') server.access_ip_v4 = wanted['accessIPv4'];
  if (typeof wanted['accessIPv6'] === 'string') server.access_ip_v6 = wanted['accessIPv6'];
  if ('description' in wanted)
    server.description = typeof wanted['description'] === 'string' ? wanted['description'] : null;
  server.updated = Date.now();
  cloud.state.servers.put(server);
  return showServer(cloud, server, call);
}

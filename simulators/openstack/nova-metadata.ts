/** Metadata of a server. A server in ERROR keeps what it has. */
import type { Cloud } from './cloud.ts';
import { badRequest, conflict, refuse } from './nova-errors.ts';
import { checkMetadata } from './nova-server-schema.ts';
import { findServer, refuseLocked } from './nova-servers.ts';
import type { Routes } from './routes.ts';
import type { ServerRow } from './rows.ts';
import { isObject, noContent, ok, param, parseJson, type Call } from './wire.ts';

const path = '/v2.1/servers/{id}/metadata';

export function addMetadataRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', path, (call) => ok({ metadata: findServer(cloud, call).metadata }));
  routes.add('POST', path, (call) => ok({ metadata: store(cloud, call, (have, wanted) => ({ ...have, ...wanted })) }));
  routes.add('PUT', path, (call) => ok({ metadata: store(cloud, call, (_, wanted) => wanted) }));
  routes.add('GET', `${path}/{key}`, (call) => {
    const key = param(call, 'key');
    return ok({ meta: { [key]: item(findServer(cloud, call), key) } });
  });
  routes.add('PUT', `${path}/{key}`, (call) => {
    const body = parseJson(call.body);
    const meta = isObject(body) ? checkMetadata(body['meta']) : {};
    const key = param(call, 'key');
    if (!(key in meta) || Object.keys(meta).length !== 1) throw badRequest('Request body and URI mismatch');
    change(cloud, findServer(cloud, call), call, (have) => ({ ...have, ...meta }));
    return ok({ meta });
  });
  routes.add('DELETE', `${path}/{key}`, (call) => {
    const server = findServer(cloud, call);
    const key = param(call, 'key');
    item(server, key);
    change(cloud, server, call, ({ [key]: _, ...rest }) => rest);
    return noContent;
  });
}

type Metadata = Record<string, string>;

function store(cloud: Cloud, call: Call, merge: (have: Metadata, wanted: Metadata) => Metadata): Metadata {
  const body = parseJson(call.body);
  if (!isObject(body)) throw badRequest('Malformed request body');
  if (!isObject(body['metadata'])) throw badRequest("'metadata' is a required property");
  const wanted = checkMetadata(body['metadata']);
  return change(cloud, findServer(cloud, call), call, (have) => merge(have, wanted));
}

function change(cloud: Cloud, server: ServerRow, call: Call, merge: (have: Metadata) => Metadata): Metadata {
  refuseLocked(server, call);
  if (!['active', 'stopped', 'building', 'paused', 'suspended'].includes(server.vm_state)) {
    throw conflict(`Cannot 'update metadata' instance ${server.id} while it is in vm_state ${server.vm_state}`);
  }
  server.metadata = checkMetadata(merge(server.metadata));
  server.updated = Date.now();
  cloud.state.servers.put(server);
  return server.metadata;
}

function item(server: ServerRow, key: string): string {
  const value = server.metadata[key];
  if (value === undefined) throw refuse(404, 'Metadata item was not found');
  return value;
}

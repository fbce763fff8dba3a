/** Server tags, since microversion 2.26. */
import type { Cloud } from './cloud.ts';
import { badRequest, refuse } from './nova-errors.ts';
import { checkTag, checkTags } from './nova-server-schema.ts';
import { serverUrl } from './nova-server-view.ts';
import { findServer } from './nova-servers.ts';
import { unknownPath } from './plain-errors.ts';
import type { Handler, Routes } from './routes.ts';
import type { ServerRow } from './rows.ts';
import { isObject, noContent, ok, param, parseJson, type Answer, type Call } from './wire.ts';

const path = '/v2.1/servers/{id}/tags';

export function addTagRoutes(routes: Routes, cloud: Cloud): void {
  routes.add(
    'GET',
    path,
    since26((call) => ok({ tags: findServer(cloud, call).tags })),
  );
  routes.add(
    'PUT',
    path,
    since26((call) => replace(cloud, call)),
  );
  routes.add(
    'DELETE',
    path,
    since26((call) => {
      store(cloud, findServer(cloud, call), []);
      return noContent;
    }),
  );
  routes.add(
    'GET',
    `${path}/{tag}`,
    since26((call) => {
      refuseMissing(findServer(cloud, call), param(call, 'tag'));
      return noContent;
    }),
  );
  routes.add(
    'PUT',
    `${path}/{tag}`,
    since26((call) => add(cloud, call)),
  );
  routes.add(
    'DELETE',
    `${path}/{tag}`,
    since26((call) => {
      const server = findServer(cloud, call);
      const tag = param(call, 'tag');
      refuseMissing(server, tag);
      store(
        cloud,
        server,
        server.tags.filter((one) => one !== tag),
      );
      return noContent;
    }),
  );
}

function since26(handler: Handler): Handler {
  return (call) => {
    if (call.microversion < 26) throw unknownPath();
    return handler(call);
  };
}

function replace(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  if (!isObject(body) || !('tags' in body)) throw badRequest("'tags' is a required property");
  checkTags(body['tags']);
  const server = findServer(cloud, call);
  store(cloud, server, Array.isArray(body['tags']) ? body['tags'].map(String) : []);
  return ok({ tags: server.tags });
}

function add(cloud: Cloud, call: Call): Answer {
  const server = findServer(cloud, call);
  const tag = param(call, 'tag');
  checkTag('tag', tag);
  if (server.tags.includes(tag)) return noContent;
  if (server.tags.length >= 50) throw badRequest('The number of tags exceeded the per-server limit 50');
  store(cloud, server, [...server.tags, tag]);
  return { status: 201, headers: { Location: serverUrl(cloud, `${server.id}/tags/${encodeURIComponent(tag)}`) } };
}

function refuseMissing(server: ServerRow, tag: string): void {
  if (!server.tags.includes(tag)) throw refuse(404, `Instance ${server.id} has no tag '${tag}'`);
}

function store(cloud: Cloud, server: ServerRow, tags: readonly string[]): void {
  server.tags = [...new Set(tags)].sort();
  server.updated = Date.now();
  cloud.state.servers.put(server);
}

/** Glance: images by id and by filter, and enough of creation and upload to prepare a test. */
import { createHash } from 'node:crypto';
import type { Cloud } from './cloud.ts';
import { addGlanceVersions } from './glance-versions.ts';
import { uuid } from './identifiers.ts';
import { challengeOf } from './keystone-errors.ts';
import { neutronTime } from './neutron-collection.ts';
import { plain, unknownPath, wrongMethod } from './plain-errors.ts';
import { Routes } from './routes.ts';
import type { ImageRow } from './rows.ts';
import {
  isObject,
  noContent,
  ok,
  param,
  parseJson,
  settle,
  tokenOf,
  type Answer,
  type Call,
  type JsonObject,
} from './wire.ts';

const pageSize = 25;
const largestPage = 1000;

export function createGlance(cloud: Cloud): (call: Call) => Answer {
  const routes = new Routes();
  addGlanceVersions(routes, cloud);
  routes.add('GET', '/v2/images', (call) => list(cloud, call));
  routes.add('POST', '/v2/images', (call) => create(cloud, call));
  routes.add('GET', '/v2/images/{id}', (call) => ok(show(find(cloud, call))));
  routes.add('DELETE', '/v2/images/{id}', (call) => {
    cloud.state.images.remove(own(cloud, call).id);
    return noContent;
  });
  routes.add('PUT', '/v2/images/{id}/file', (call) => upload(cloud, call));
  return (call) => {
    const answer = settle(() => dispatch(routes, cloud, call));
    return answer.status === 401 ? { ...answer, headers: challengeOf(cloud) } : answer;
  };
}

function dispatch(routes: Routes, cloud: Cloud, call: Call): Answer {
  const match = routes.find(call.method, call.path);
  if (!/^(\/versions|\/v2)?\/?$/.test(call.path)) call.token = authenticate(cloud, call);
  if (match === undefined) throw unknownPath();
  if (match.handler === undefined) throw wrongMethod(call.method);
  call.params = match.params;
  return match.handler(call);
}

function authenticate(cloud: Cloud, call: Call) {
  const id = call.headers['x-auth-token'];
  const token = typeof id === 'string' ? cloud.state.tokens.get(id) : undefined;
  if (token !== undefined && token.expires_at > Date.now()) return token;
  throw plain(
    401,
    'Unauthorized',
    'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.',
  );
}

function list(cloud: Cloud, call: Call): Answer {
  const images = [...cloud.state.images.values()]
    .filter((row) => isVisible(row, call) && fits(row, call.query))
    .sort(newestFirst);
  const marker = call.query.get('marker');
  const at = marker === null ? -1 : images.findIndex((row) => row.id === marker);
  if (marker !== null && at < 0) throw plain(400, 'Bad Request', `Image ${marker} could not be found.`);
  const limit = limitOf(call);
  const page = images.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  const query = new URLSearchParams(call.query);
  query.delete('marker');
  const suffix = (params: URLSearchParams): string => (params.size === 0 ? '' : `?${params.toString()}`);
  const first = `/v2/images${suffix(query)}`;
  if (last !== undefined) query.set('marker', last.id);
  const more = last !== undefined && images.length > at + 1 + limit;
  return ok({
    images: page.map(show),
    first,
    ...(more && { next: `/v2/images${suffix(query)}` }),
    schema: '/v2/schemas/images',
  });
}

function limitOf(call: Call): number {
  const text = call.query.get('limit');
  if (text === null) return pageSize;
  if (!/^\d+$/.test(text)) throw plain(400, 'Bad Request', 'limit param must be an integer');
  return Math.min(Number(text), largestPage);
}

const control = new Set(['limit', 'marker', 'sort_key', 'sort_dir', 'sort', 'member_status']);

function fits(row: ImageRow, query: URLSearchParams): boolean {
  const view = show(row);
  return [...query].every(([name, value]) => {
    if (control.has(name)) return true;
    if (name === 'tag') return row.tags.includes(value);
    if (value.startsWith('in:')) return value.slice(3).split(',').includes(String(view[name]));
    return String(view[name]) === value;
  });
}

function newestFirst(one: ImageRow, other: ImageRow): number {
  if (one.created_at !== other.created_at) return one.created_at < other.created_at ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}

function isVisible(row: ImageRow, call: Call): boolean {
  const token = tokenOf(call);
  return token.admin || row.visibility === 'public' || row.visibility === 'community' || row.owner === token.project_id;
}

function find(cloud: Cloud, call: Call): ImageRow {
  const id = param(call, 'id');
  const row = cloud.state.images.get(id);
  if (row === undefined || !isVisible(row, call)) throw plain(404, 'Not Found', `No image found with ID ${id}`);
  return row;
}

function own(cloud: Cloud, call: Call): ImageRow {
  const row = find(cloud, call);
  const token = tokenOf(call);
  if (!token.admin && row.owner !== token.project_id)
    throw plain(403, 'Forbidden', `You are not permitted to modify image ${row.id}.`);
  return row;
}

const standard = new Set([
  'id',
  'name',
  'visibility',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'protected',
  'tags',
]);

function create(cloud: Cloud, call: Call): Answer {
  const wanted = parseJson(call.body);
  if (!isObject(wanted)) throw plain(400, 'Bad Request', 'Malformed JSON in request body.');
  const now = neutronTime();
  const text = (key: string, otherwise: string): string => (typeof wanted[key] === 'string' ? wanted[key] : otherwise);
  const extra = Object.entries(wanted).filter(([key, value]) => !standard.has(key) && typeof value === 'string');
  const row: ImageRow = {
    id: text('id', uuid()),
    name: text('name', ''),
    status: 'queued',
    visibility: text('visibility', 'shared'),
    owner: tokenOf(call).project_id ?? '',
    size: 0,
    checksum: '',
    os_hash_value: '',
    min_disk: Number(wanted['min_disk'] ?? 0),
    min_ram: Number(wanted['min_ram'] ?? 0),
    disk_format: text('disk_format', 'raw'),
    container_format: text('container_format', 'bare'),
    protected: wanted['protected'] === true,
    tags: Array.isArray(wanted['tags']) ? wanted['tags'].map(String) : [],
    properties: Object.fromEntries(extra) as Record<string, string>, // filtered to strings above
    created_at: now,
    updated_at: now,
  };
  if (cloud.state.images.get(row.id) !== undefined) throw plain(409, 'Conflict', `Image ID ${row.id} already exists!`);
  cloud.state.images.put(row);
  return { status: 201, headers: { Location: `${cloud.url}/image/v2/images/${row.id}` }, body: show(row) };
}

function upload(cloud: Cloud, call: Call): Answer {
  const row = own(cloud, call);
  if (row.status !== 'queued')
    throw plain(409, 'Conflict', `Image status transition from ${row.status} to saving is not allowed`);
  row.size = call.body.length;
  row.checksum = createHash('md5').update(call.body).digest('hex');
  row.os_hash_value = createHash('sha512').update(call.body).digest('hex');
  row.status = 'active';
  row.updated_at = neutronTime();
  cloud.state.images.put(row);
  return noContent;
}

function show(row: ImageRow): JsonObject {
  const { properties, os_hash_value, size, checksum, ...rest } = row;
  const known = row.status === 'active';
  return {
    ...properties,
    ...rest,
    size: known ? size : null,
    virtual_size: known ? size : null,
    checksum: known ? checksum : null,
    os_hidden: false,
    os_hash_algo: known ? 'sha512' : null,
    os_hash_value: known ? os_hash_value : null,
    self: `/v2/images/${row.id}`,
    file: `/v2/images/${row.id}/file`,
    schema: '/v2/schemas/image',
  };
}

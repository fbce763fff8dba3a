/** Nova's lists of servers: filters, order by creation, and pages with a link to the next. */
import { prefixes, type Cloud } from './cloud.ts';
import { badRequest, forbidden } from './nova-errors.ts';
import { detailJson, knownStatuses, statusOf, summaryJson } from './nova-server-view.ts';
import type { ServerRow } from './rows.ts';
import { tagFilter } from './tag-filter.ts';
import { tokenOf, type Answer, type Call } from './wire.ts';

type Test = (server: ServerRow) => boolean;

export function listServers(cloud: Cloud, call: Call, detailed: boolean): Answer {
  const tests = testsOf(call);
  const found: ServerRow[] = [];
  for (const server of candidates(cloud, call)) if (tests.every((test) => test(server))) found.push(server);
  const { page, next } = paginate(cloud, call, sort(found, call));
  const items = page.map((server) => (detailed ? detailJson(cloud, server, call, false) : summaryJson(cloud, server)));
  const links = next === undefined ? '' : `,"servers_links":${JSON.stringify([{ rel: 'next', href: next }])}`;
  return { status: 200, json: `{"servers":[${items.join(',')}]${links}}` };
}

function* candidates(cloud: Cloud, call: Call): Iterable<ServerRow> {
  const token = tokenOf(call);
  const all = ['1', 'true', 'yes', ''].includes((call.query.get('all_tenants') ?? 'no').toLowerCase());
  if (all && !token.admin) throw forbidden('servers:index:get_all_tenants');
  for (const table of tablesFor(cloud, call)) yield* all ? table.values() : table.by('project', token.project_id ?? '');
}

// Deleted servers come with changes-since, and for an administrator who asks for nothing else.
function tablesFor({ state }: Cloud, call: Call): (typeof state.servers)[] {
  if (call.query.has('changes-since')) return [state.servers, state.deletedServers];
  const onlyDeleted = tokenOf(call).admin && call.query.get('deleted')?.toLowerCase() === 'true';
  return [onlyDeleted ? state.deletedServers : state.servers];
}

const control = new Set(['limit', 'marker', 'sort_key', 'sort_dir', 'all_tenants', 'deleted']);

/** Filters that every user may use; others of the schema are taken and ignored for members. */
const filters: Readonly<Record<string, (value: string) => Test>> = {
  name: (value) => {
    const pattern = regular(value);
    return (server) => pattern.test(server.name);
  },
  status: (value) => {
    const status = value.toUpperCase();
    if (!knownStatuses.has(status)) throw badRequest('Invalid status value');
    return (server) => statusOf(server) === status;
  },
  image: (value) => (server) => server.image_id === value,
  flavor: (value) => (server) => server.flavor.id === value,
  'changes-since': (value) => {
    const since = Date.parse(value);
    if (Number.isNaN(since))
      throw badRequest(
        `Invalid input for query parameters changes-since. Value: ${value}. '${value}' is not a 'date-time'`,
      );
    return (server) => server.updated >= since;
  },
  locked: (value) => (server) => server.locked === (value.toLowerCase() === 'true'),
  reservation_id: (value) => (server) => server.reservation_id === value,
  ip: (value) => addressTest(value, 4),
  ip6: (value) => addressTest(value, 6),
  uuid: (value) => (server) => server.id === value,
  key_name: (value) => (server) => server.key_name === value,
  vm_state: (value) => (server) => server.vm_state === value,
  task_state: (value) => (server) => server.task_state === value,
  tenant_id: (value) => (server) => server.project_id === value,
  project_id: (value) => (server) => server.project_id === value,
};

const forAdministrators = new Set(['uuid', 'key_name', 'vm_state', 'task_state', 'tenant_id', 'project_id']);

/** In the schema of the query, but for a member without effect. */
const ignored = new Set([
  ...[
    'metadata',
    'system_metadata',
    'description',
    'hostname',
    'host',
    'node',
    'user_id',
    'config_drive',
    'kernel_id',
    'ramdisk_id',
  ],
  ...[
    'availability_zone',
    'root_device_name',
    'power_state',
    'progress',
    'launch_index',
    'launched_at',
    'created_at',
    'deleted_at',
  ],
  ...[
    'terminated_at',
    'access_ip_v4',
    'access_ip_v6',
    'cell_name',
    'auto_disk_config',
    'locked_by',
    'not-tags-any',
    'not-tags',
    'tags',
    'tags-any',
    'changes-before',
  ],
]);

function testsOf(call: Call): Test[] {
  const tests: Test[] = [];
  for (const [name, value] of call.query) {
    if (control.has(name)) continue;
    const filter = filters[name];
    if (filter === undefined) refuseUnknown(call, name);
    if (filter !== undefined && !(forAdministrators.has(name) && !tokenOf(call).admin)) tests.push(filter(value));
  }
  const byTag = call.microversion >= 26 ? tagFilter(call.query) : undefined;
  if (byTag !== undefined) tests.push((server) => byTag(server.tags));
  return tests;
}

function refuseUnknown(call: Call, name: string): void {
  if (name === 'metadata' && tokenOf(call).admin) throw badRequest('Invalid filter field: metadata.');
  if (ignored.has(name) || name.startsWith('_') || call.microversion < 75) return;
  throw badRequest(`'${name}' does not match any of the regexes: '^_'`);
}

function addressTest(value: string, version: number): Test {
  const pattern = regular(value);
  return (server) =>
    Object.values(server.addresses).some((list) =>
      list.some((one) => one.version === version && pattern.test(one.addr)),
    );
}

// The database does the matching, without regard to case as MySQL's collation has none.
function regular(value: string): RegExp {
  try {
    return new RegExp(value, 'i');
  } catch {
    return new RegExp(value.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'i');
  }
}

const sortKeys: Readonly<Record<string, (server: ServerRow) => string | number>> = {
  created_at: (server) => Math.floor(server.created / 1000),
  updated_at: (server) => Math.floor(server.updated / 1000),
  display_name: (server) => server.name,
  uuid: (server) => server.id,
  vm_state: (server) => server.vm_state,
  task_state: (server) => server.task_state ?? '',
  project_id: (server) => server.project_id,
};

// Newest first; within the second that the database keeps, by id.
function sort(servers: ServerRow[], call: Call): ServerRow[] {
  const names = call.query.getAll('sort_key');
  const directions = call.query.getAll('sort_dir');
  const keys = (names.length === 0 ? ['created_at'] : names).map((name, at) => {
    const keyOf = sortKeys[name];
    if (keyOf === undefined)
      throw badRequest(
        `Invalid input for query parameters sort_key. Value: ${name}. '${name}' is not one of ${Object.keys(sortKeys).join(', ')}`,
      );
    return { keyOf, sign: directions[at] === 'asc' ? 1 : -1 };
  });
  return servers.sort((one, other) => {
    for (const { keyOf, sign } of keys) {
      const [a, b] = [keyOf(one), keyOf(other)];
      if (a !== b) return a < b ? -sign : sign;
    }
    return one.id < other.id ? -1 : 1;
  });
}

function paginate(
  cloud: Cloud,
  call: Call,
  servers: readonly ServerRow[],
): { page: readonly ServerRow[]; next: string | undefined } {
  const text = call.query.get('limit') ?? '';
  if (!/^\d*$/.test(text))
    throw badRequest(`Invalid input for query parameters limit. Value: ${text}. '${text}' does not match '^[0-9]*$'`);
  const limit = Math.min(text === '' ? cloud.options.novaMaxLimit : Number(text), cloud.options.novaMaxLimit);
  const start = startOf(call, servers);
  const page = servers.slice(start, start + limit);
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return { page, next: undefined };
  const query = new URLSearchParams(call.query);
  query.delete('marker');
  query.append('marker', last.id);
  return { page, next: `${cloud.url}${prefixes.nova}${call.path}?${query.toString()}` };
}

function startOf(call: Call, servers: readonly ServerRow[]): number {
  const marker = call.query.get('marker');
  if (marker === null) return 0;
  const at = servers.findIndex((server) => server.id === marker);
  if (at < 0) throw badRequest(`marker [${marker}] not found`);
  return at + 1;
}

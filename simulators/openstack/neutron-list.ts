/** Neutron's lists: filters on fields, chosen fields, order by id or sort keys, and pages with links. */
import { prefixes, type Cloud } from './cloud.ts';
import type { Resource } from './neutron-collection.ts';
import { badRequest, notFound, refuse } from './neutron-errors.ts';
import { tagFilter } from './tag-filter.ts';
import type { NeutronRow } from './rows.ts';
import { tokenOf, type Answer, type Call } from './wire.ts';

const control = new Set(['fields', 'limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir']);
const tagFilters = new Set(['tags', 'tags-any', 'not-tags', 'not-tags-any']);

export function listRows<R extends NeutronRow>(cloud: Cloud, resource: Resource<R>, call: Call): Answer {
  const rows = sort(resource, filter(resource, call), call);
  const { page, links } = paginate(cloud, resource, rows, call);
  const fields = call.query.getAll('fields').filter((name) => name !== '');
  const items = page.map((row) => itemOf(resource, row, call, fields));
  const more = links.length === 0 ? '' : `,"${resource.collection}_links":${JSON.stringify(links)}`;
  return { status: 200, json: `{"${resource.collection}":[${items.join(',')}]${more}}` };
}

/** The JSON of one row: whole, or only the chosen fields. */
export function itemOf<R extends NeutronRow>(
  resource: Resource<R>,
  row: R,
  call: Call,
  fields: readonly string[],
): string {
  const { admin } = tokenOf(call);
  if (fields.length === 0) return resource.table.json(row, admin ? 'admin' : 'member', () => resource.view(row, admin));
  const view = resource.view(row, admin);
  return JSON.stringify(Object.fromEntries(fields.filter((name) => name in view).map((name) => [name, view[name]])));
}

function filter<R extends NeutronRow>(resource: Resource<R>, call: Call): R[] {
  const tests = testsOf(resource, call);
  const found: R[] = [];
  for (const row of candidates(resource, call)) if (tests.every((test) => test(row))) found.push(row);
  return found;
}

// The cheapest set that holds all visible rows; `project` is an index of every table here.
function* candidates<R extends NeutronRow>(resource: Resource<R>, call: Call): Iterable<R> {
  const token = tokenOf(call);
  if (token.admin) {
    yield* resource.table.values();
    return;
  }
  yield* resource.table.by('project', token.project_id ?? '');
  if (resource.shared === undefined) return;
  for (const row of resource.table.values()) if (row.project_id !== token.project_id && resource.shared(row)) yield row;
}

type Test<R> = (row: R) => boolean;

function testsOf<R extends NeutronRow>(resource: Resource<R>, call: Call): Test<R>[] {
  const names = [...new Set(call.query.keys())].filter((name) => !control.has(name));
  const invalid = names.filter((name) => !tagFilters.has(name) && !resource.filters.has(name));
  if (invalid.length > 0)
    throw badRequest(`[${invalid.map((name) => `'${name}'`).join(', ')}] is invalid attribute for filtering`);
  const tests: Test<R>[] = [];
  const byTag = tagFilter(call.query);
  if (byTag !== undefined) tests.push((row) => byTag(row.tags));
  for (const name of names) {
    if (tagFilters.has(name)) continue;
    const wanted = new Set(call.query.getAll(name).map(comparable));
    if (name === 'fixed_ips') tests.push(...pairTests(resource, wanted));
    else tests.push(fieldTest(resource, name, wanted));
  }
  return tests;
}

function fieldTest<R extends NeutronRow>(resource: Resource<R>, name: string, wanted: ReadonlySet<string>): Test<R> {
  const valueOf =
    resource.fields[name] ??
    ((row: R): unknown => (row as unknown as Record<string, unknown>)[name === 'tenant_id' ? 'project_id' : name]);
  return (row) => {
    const value = valueOf(row);
    return Array.isArray(value) ? value.some((item) => wanted.has(comparable(item))) : wanted.has(comparable(value));
  };
}

// `fixed_ips=subnet_id=S&fixed_ips=ip_address=A`: any value of a key, and all keys.
function pairTests<R extends NeutronRow>(resource: Resource<R>, wanted: ReadonlySet<string>): Test<R>[] {
  const byKey = new Map<string, Set<string>>();
  for (const pair of wanted) {
    const [key = '', value = ''] = pair.split('=', 2);
    byKey.set(key, (byKey.get(key) ?? new Set()).add(value));
  }
  const ips = (row: R): Record<string, string>[] =>
    (resource.fields['fixed_ips']?.(row) ?? []) as Record<string, string>[];
  return [...byKey].map(
    ([key, values]) =>
      (row: R) =>
        ips(row).some((ip) => matchesPair(key, ip, values)),
  );
}

function matchesPair(key: string, ip: Record<string, string>, values: ReadonlySet<string>): boolean {
  if (key !== 'ip_address_substr') return values.has(ip[key] ?? '');
  return [...values].some((part) => (ip['ip_address'] ?? '').includes(part));
}

// The database's collation knows neither case nor blanks at the end; booleans come as True or true.
function comparable(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).toLowerCase().trimEnd();
}

// Neutron adds the primary key to every order, so an unordered list comes by id.
function sort<R extends NeutronRow>(resource: Resource<R>, rows: R[], call: Call): R[] {
  const keys = call.query.getAll('sort_key');
  const directions = call.query.getAll('sort_dir');
  if (keys.length !== directions.length) throw badRequest('The number of sort_keys and sort_dirs must be same');
  const absent = keys.filter((key) => !resource.filters.has(key));
  if (absent.length > 0)
    throw badRequest(`[${absent.map((key) => `'${key}'`).join(', ')}] is invalid attribute for sort_keys`);
  return rows.sort((one, other) => {
    for (const [at, key] of keys.entries()) {
      const order = compare(
        comparable((one as unknown as Record<string, unknown>)[key]),
        comparable((other as unknown as Record<string, unknown>)[key]),
      );
      if (order !== 0) return directions[at] === 'desc' ? -order : order;
    }
    return compare(one.id, other.id);
  });
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

interface Page<R> {
  readonly page: readonly R[];
  readonly links: readonly { rel: string; href: string }[];
}

function paginate<R extends NeutronRow>(cloud: Cloud, resource: Resource<R>, rows: R[], call: Call): Page<R> {
  const limit = limitOf(call);
  if (limit === 0) return { page: rows, links: [] };
  const reverse = call.query.get('page_reverse')?.toLowerCase() === 'true';
  const at = markerIndex(resource, rows, call.query.get('marker'));
  const page = reverse
    ? rows.slice(Math.max((at ?? rows.length) - limit, 0), at ?? rows.length)
    : rows.slice(at === undefined ? 0 : at + 1, (at === undefined ? 0 : at + 1) + limit);
  return { page, links: linksOf(cloud, call, page, { limit, reverse }) };
}

function limitOf(call: Call): number {
  const text = call.query.get('limit') ?? '0';
  if (!/^\d+$/.test(text))
    throw refuse(400, 'BadRequest', `Bad limit request: Limit must be an integer 0 or greater and not '${text}'.`);
  return Number(text);
}

function markerIndex<R extends NeutronRow>(
  resource: Resource<R>,
  rows: readonly R[],
  marker: string | null,
): number | undefined {
  if (marker === null) return undefined;
  const at = rows.findIndex((row) => row.id === marker);
  if (at < 0) throw notFound[resource.kind](marker);
  return at;
}

function linksOf<R extends NeutronRow>(
  cloud: Cloud,
  call: Call,
  page: readonly R[],
  { limit, reverse }: { limit: number; reverse: boolean },
) {
  const links: { rel: string; href: string }[] = [];
  const full = page.length >= limit;
  const href = (marker: string | undefined, back: boolean): string => {
    const query = new URLSearchParams(call.query);
    query.delete('marker');
    query.delete('page_reverse');
    if (marker !== undefined) query.set('marker', marker);
    if (back) query.set('page_reverse', 'True');
    return `${cloud.url}${prefixes.neutron}${call.path}?${query.toString()}`;
  };
  if (full || reverse) links.push({ rel: 'next', href: href(page.at(-1)?.id, false) });
  if (full || !reverse) links.push({ rel: 'previous', href: href(page[0]?.id, true) });
  return links;
}

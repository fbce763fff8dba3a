/**
 * What all Neutron resources share: listing with filters, fields and pages, showing, creating (also in bulk),
 * changing under If-Match, deleting, and the standard attributes.
 *
 * A noun describes itself as a `Resource` and gets its routes from `addCollection`.
 */
import { prefixes, type Cloud } from './cloud.ts';
import { uuid } from './identifiers.ts';
import { readAttributes, type AttributeMap } from './neutron-attributes.ts';
import { badRequest, forbidden, notFound, overQuota, refuse, type NeutronKind } from './neutron-errors.ts';
import { itemOf, listRows } from './neutron-list.ts';
import { checkQuota } from './neutron-quotas.ts';
import type { Routes } from './routes.ts';
import type { NeutronRow } from './rows.ts';
import type { Table } from './table.ts';
import { isObject, noContent, param, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

export interface Resource<R extends NeutronRow> {
  readonly kind: NeutronKind;
  /** `networks`; also the path and the key of lists. */
  readonly collection: string;
  readonly table: Table<R>;
  readonly attributes: AttributeMap;
  readonly view: (row: R, admin: boolean) => JsonObject;
  /** Values to filter by, where they are not the row's field of that name. */
  readonly fields: Readonly<Record<string, (row: R) => unknown>>;
  /** Names that may be filtered by. */
  readonly filters: ReadonlySet<string>;
  /** Rows of other projects that everybody sees. */
  readonly shared?: (row: R) => boolean;
  readonly create: (call: Call, wanted: JsonObject) => R;
  /** Fields that only the answer to POST shows, a habit of Neutron's. */
  readonly onlyInPost?: JsonObject;
  /** Changes the row's fields; the caller stores it. */
  readonly update: (call: Call, row: R, wanted: JsonObject) => void;
  readonly remove: (call: Call, row: R) => void;
}

export function addCollection<R extends NeutronRow>(routes: Routes, cloud: Cloud, resource: Resource<R>): void {
  const path = `/v2.0/${resource.collection.replaceAll('_', '-')}`;
  routes.add('GET', path, (call) => listRows(cloud, resource, call));
  routes.add('POST', path, (call) => create(cloud, resource, call));
  routes.add('GET', `${path}/{id}`, (call) =>
    show(resource, visibleRow(resource, call), call, call.query.getAll('fields')),
  );
  routes.add('PUT', `${path}/{id}`, (call) => update(resource, call));
  routes.add('DELETE', `${path}/{id}`, (call) => {
    const row = ownRow(resource, call, 'delete');
    checkRevision(call, row);
    resource.remove(call, row);
    return noContent;
  });
}

/** Attributes of a row about to be stored for the first time. */
export function newRow(call: Call, wanted: JsonObject): NeutronRow {
  const now = neutronTime();
  return {
    id: uuid(),
    project_id: ownerOf(call, wanted),
    description: textOr(wanted['description'], ''),
    tags: [],
    created_at: now,
    updated_at: now,
    revision_number: 0,
  };
}

/** Stores a change of a row: a later time and a higher revision. */
export function storeChange<R extends NeutronRow>(table: Table<R>, row: R): void {
  row.updated_at = neutronTime();
  row.revision_number += 1;
  table.put(row);
}

export function neutronTime(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The view every resource starts from. */
export function standardView(row: NeutronRow): JsonObject {
  const { project_id, ...rest } = row;
  return {
    tenant_id: project_id,
    project_id,
    description: rest.description,
    tags: rest.tags,
    created_at: rest.created_at,
    updated_at: rest.updated_at,
    revision_number: rest.revision_number,
  };
}

/** 200 with one resource, or with the chosen fields of it. */
export function show<R extends NeutronRow>(
  resource: Resource<R>,
  row: R,
  call: Call,
  fields: readonly string[] = [],
): Answer {
  return { status: 200, json: `{"${resource.kind}":${itemOf(resource, row, call, fields)}}` };
}

/** One row by the id in the path; 404 when it is not there or not to be seen. */
export function visibleRow<R extends NeutronRow>(resource: Resource<R>, call: Call): R {
  const id = param(call, 'id');
  const row = resource.table.get(id);
  if (row === undefined || !isVisible(resource, row, call)) throw notFound[resource.kind](id);
  return row;
}

export function isVisible<R extends NeutronRow>(resource: Resource<R>, row: R, call: Call): boolean {
  const token = tokenOf(call);
  return token.admin || row.project_id === token.project_id || resource.shared?.(row) === true;
}

export function ownRow<R extends NeutronRow>(resource: Resource<R>, call: Call, deed: 'update' | 'delete'): R {
  const row = visibleRow(resource, call);
  const token = tokenOf(call);
  if (!token.admin && row.project_id !== token.project_id) throw forbidden(`${deed}_${resource.kind}`);
  return row;
}

const malformed = 'The server could not comply with the request since it is either malformed or otherwise incorrect.';

function create<R extends NeutronRow>(cloud: Cloud, resource: Resource<R>, call: Call): Answer {
  const body = parseJson(call.body);
  if (body === undefined && call.body.length > 0) throw badRequest(malformed);
  if (!isObject(body)) throw badRequest(`Unable to find '${resource.kind}' in request body`);
  const many = body[resource.collection];
  if (Array.isArray(many)) return createMany(cloud, resource, call, many);
  const wanted = body[resource.kind];
  if (!isObject(wanted)) throw badRequest(`Unable to find '${resource.kind}' in request body`);
  const row = createOne(cloud, resource, call, wanted);
  return {
    status: 201,
    headers: { Location: `${cloud.url}${prefixes.neutron}${call.path}/${row.id}` },
    json: `{"${resource.kind}":${newItem(resource, row, call)}}`,
  };
}

function newItem<R extends NeutronRow>(resource: Resource<R>, row: R, call: Call): string {
  const item = itemOf(resource, row, call, []);
  return resource.onlyInPost === undefined
    ? item
    : `${item.slice(0, -1)},${JSON.stringify(resource.onlyInPost).slice(1)}`;
}

// All or nothing, as Neutron's native bulk creation.
function createMany<R extends NeutronRow>(
  cloud: Cloud,
  resource: Resource<R>,
  call: Call,
  many: readonly unknown[],
): Answer {
  const made: R[] = [];
  try {
    for (const wanted of many) made.push(createOne(cloud, resource, call, isObject(wanted) ? wanted : {}));
  } catch (refusal) {
    for (const row of made.reverse()) resource.remove(call, row);
    throw refusal;
  }
  return {
    status: 201,
    json: `{"${resource.collection}":[${made.map((row) => newItem(resource, row, call)).join(',')}]}`,
  };
}

function createOne<R extends NeutronRow>(cloud: Cloud, resource: Resource<R>, call: Call, wanted: JsonObject): R {
  const values = readAttributes(resource.attributes, wanted, 'post', tokenOf(call).admin);
  const owner = ownerOf(call, values);
  const name = textOr(values['name'], '');
  if (name.includes('sim-quota')) throw overQuota(resource.kind);
  if (name.includes('sim-error'))
    throw refuse(
      500,
      'HTTPInternalServerError',
      'Request Failed: internal server error while processing your request.',
    );
  checkQuota(cloud, resource.kind, owner, resource.table.by('project', owner).size);
  return resource.create(call, values);
}

function update<R extends NeutronRow>(resource: Resource<R>, call: Call): Answer {
  const body = parseJson(call.body);
  const wanted = isObject(body) ? body[resource.kind] : undefined;
  if (!isObject(wanted)) throw badRequest(`Unable to find '${resource.kind}' in request body`);
  const values = readAttributes(resource.attributes, wanted, 'put', tokenOf(call).admin);
  const row = ownRow(resource, call, 'update');
  checkRevision(call, row);
  resource.update(call, row, values);
  if (typeof values['description'] === 'string') row.description = values['description'];
  storeChange(resource.table, row);
  return show(resource, row, call);
}

/** Throws 412 when If-Match names another revision. */
export function checkRevision(call: Call, row: NeutronRow): void {
  const header = call.headers['if-match'];
  const wanted = header === undefined ? undefined : /^revision_number=(\d+)$/.exec(header)?.[1];
  if (wanted !== undefined && Number(wanted) !== row.revision_number) {
    throw refuse(
      412,
      'RevisionNumberConstraintFailed',
      `Constrained to ${wanted}, but current revision is ${row.revision_number}`,
    );
  }
}

function ownerOf(call: Call, wanted: JsonObject): string {
  const token = tokenOf(call);
  const owner = wanted['project_id'] ?? wanted['tenant_id'];
  if (typeof owner !== 'string' || owner === token.project_id) return token.project_id ?? '';
  if (token.admin) return owner;
  throw refuse(
    400,
    'HTTPBadRequest',
    "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
  );
}

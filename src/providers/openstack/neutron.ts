/**
 * Neutron: what its kinds have in common. The create call takes a `description`, which is where the owner mark goes
 * (tags need a second call); lists are narrowed to our project, to the ids asked for and to the fields we read; and a
 * deletion that was answered is done.
 */

import type { Difference } from '../../domain/difference.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { OwnerMark } from '../../domain/owner-mark.ts';
import { formatOwnerMark, parseOwnerMark } from '../../domain/owner-mark.ts';
import type { Uses } from '../../domain/feasibility.ts';
import type { Assessment, CallContext, Driver, Estimate, Found, Observed } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { changesOf, compareCommon, dueMark } from './neutron-comparing.ts';
import { classify } from './classify.ts';
import { isRefused } from './errors.ts';
import { JointListing } from './joint-listing.ts';
import type { WireNeutronObject } from './wire.ts';

export interface NeutronKind<W extends WireNeutronObject> {
  readonly kind: string;
  /** Key of one object in a request, and of a list in an answer; the latter is the path as well. */
  readonly noun: string;
  readonly plural: string;
  /** Read by `observe`. */
  readonly fields: readonly string[];
  readonly schema: Json;
  /** The body of the create call but for the mark. */
  toBody(wanted: JsonObject, ctx: CallContext): JsonObject | Promise<JsonObject>;
  read(wire: W): Observed;
  assess(wanted: JsonObject, observed: Observed): Assessment;
  /** Fields of the wanted state that a PUT can change. */
  readonly updatable: readonly string[];
  /** Beyond what all kinds are compared for. */
  compare?(wanted: JsonObject, observed: Observed, outputs: JsonObject): Difference[];
  /** The fields of a PUT for a difference, where Neutron names them otherwise. */
  toChange?(difference: Difference, ctx: CallContext): JsonObject | undefined | Promise<JsonObject | undefined>;
  /** What one takes of the quotas. */
  readonly uses: Uses;
  estimate(wanted: JsonObject): Estimate;
}

/** A driver that can also tell what it has of all owners. */
export interface MarkedDriver extends Driver {
  findAll(ctx: CallContext): Promise<Found[]>;
}

/** A driver for a kind of Neutron whose create call takes a description. */
export function createNeutronDriver<W extends WireNeutronObject>(cloud: Cloud, kind: NeutronKind<W>): MarkedDriver {
  const path = `/${kind.plural}`;
  const marked = new JointListing((ctx) => findByDescription(cloud, kind, ctx));
  return {
    kind: kind.kind,
    schema: kind.schema,
    updatable: kind.updatable,
    find: async (owner, { signal }) => ofOwner(await marked.next(signal), owner),
    findAll: (ctx) => findByDescription(cloud, kind, ctx),
    async create(wanted, mark, ctx) {
      const body = { [kind.noun]: { ...(await kind.toBody(wanted, ctx)), description: formatOwnerMark(mark) } };
      const answer = await cloud.change<Record<string, W>>('POST', { service: 'network', path, body }, ctx);
      const made = answer[kind.noun];
      if (!made) throw new Error(`Neutron answered POST ${path} without a ${kind.noun}`);
      return { providerId: made.id, observed: kind.read(made) };
    },
    async observe(refs, ctx) {
      const marks = new Map(refs.map(({ providerId, mark }) => [providerId, mark]));
      const fields = [...new Set([...kind.fields, 'description'])];
      const listed = await listByIds<W>(cloud, { plural: kind.plural, ids: [...marks.keys()], fields }, ctx);
      return new Map(listed.map((wire) => [wire.id, { ...kind.read(wire), ...readMark(wire, marks.get(wire.id)) }]));
    },
    assess: (wanted, observed) => kind.assess(wanted, observed),
    compare(wanted, observed, outputs) {
      if (isUnfinished(observed)) return [];
      const common = compareCommon(wanted, observed);
      return common.some(({ fix }) => fix === 'replace')
        ? common
        : [...common, ...(kind.compare?.(wanted, observed, outputs) ?? [])];
    },
    async update(ref, { differences }, ctx) {
      const fields = await changesOf(differences, (difference) => kind.toChange?.(difference, ctx));
      const call = { service: 'network', path: `${path}/${ref.providerId}`, body: { [kind.noun]: fields } } as const;
      await cloud.change('PUT', call, ctx);
    },
    feasibility: async (wanted) => wanted.map(() => ({ checks: [], uses: kind.uses })),
    remove: (ref, ctx) => removeById(cloud, `${path}/${ref.providerId}`, ctx),
    estimate: (wanted) => kind.estimate(wanted),
    classify,
  };
}

async function findByDescription<W extends WireNeutronObject>(
  cloud: Cloud,
  kind: NeutronKind<W>,
  ctx: CallContext,
): Promise<Found[]> {
  const listed = await listOwnProject<W>(cloud, { plural: kind.plural, fields: MARK_FIELDS }, ctx);
  return listed.flatMap((wire) => toFound(wire, kind.kind));
}

export function ofOwner(found: readonly Found[], owner: string): Found[] {
  return found.filter(({ mark }) => mark.owner === owner);
}

export const MARK_FIELDS: readonly string[] = ['id', 'description', 'created_at'];

/** What is due is said with what was observed: comparing is pure and knows no owners. */
function readMark({ description }: WireNeutronObject, mark: OwnerMark | undefined): JsonObject {
  const due = mark && dueMark(description, mark);
  return due === undefined ? {} : { due_mark: due, description: description ?? '' };
}

export function toFound(wire: WireNeutronObject, kind: string): Found[] {
  const mark = parseOwnerMark(wire.description);
  if (!mark) return [];
  return [{ providerId: wire.id, mark, kind, createdAt: createdAtOf(wire) }];
}

/** A cloud without the `timestamp` extension tells no time; then nothing can be said about which twin is older. */
export function createdAtOf(wire: WireNeutronObject): string {
  return wire.created_at ?? '1970-01-01T00:00:00Z';
}

export function markOf(wire: WireNeutronObject): OwnerMark | undefined {
  return parseOwnerMark(wire.description);
}

interface Listing {
  /** The path, and the key of the list inside the answer unless `key` says otherwise. */
  readonly plural: string;
  readonly key?: string;
  readonly fields: readonly string[];
  readonly filters?: readonly (readonly [string, string])[];
}

/** Objects of our own project; an administrator's list would hold everybody's. */
export async function listOwnProject<W>(cloud: Cloud, listing: Listing, ctx: CallContext): Promise<W[]> {
  const { projectId } = await cloud.session(ctx.signal);
  const query = new URLSearchParams([['project_id', projectId], ...pairs(listing)]);
  const call = { service: 'network', path: `/${listing.plural}`, query } as const;
  return cloud.list<W>(call, listing.key ?? listing.plural, ctx);
}

/** 4 KB of ids a request: servers commonly accept 8 KB. */
const IDS_PER_CALL = 100;

/** Beyond so many, one list of everything is less work than many lists of some. */
const MOST_ASKED_FOR_BY_ID = 400;

export async function listByIds<W extends WireNeutronObject>(
  cloud: Cloud,
  { plural, ids, fields }: Listing & { ids: readonly string[] },
  ctx: CallContext,
): Promise<W[]> {
  if (ids.length <= MOST_ASKED_FOR_BY_ID) return listChunks<W>(cloud, { plural, ids, fields }, ctx);
  const wanted = new Set(ids);
  const listed = (await listOwnProject<W>(cloud, { plural, fields }, ctx)).filter(({ id }) => wanted.has(id));
  for (const { id } of listed) wanted.delete(id);
  // What is not in it may be of another project, when an administrator made it there.
  return [...listed, ...(await listChunks<W>(cloud, { plural, ids: [...wanted], fields }, ctx))];
}

async function listChunks<W>(
  cloud: Cloud,
  { plural, ids, fields }: Listing & { ids: readonly string[] },
  ctx: CallContext,
): Promise<W[]> {
  const chunks = Array.from({ length: Math.ceil(ids.length / IDS_PER_CALL) }, (_, index) =>
    ids.slice(index * IDS_PER_CALL, (index + 1) * IDS_PER_CALL),
  );
  const pages = chunks.map((chunk) => {
    const query = new URLSearchParams(pairs({ plural, fields, filters: chunk.map((id) => ['id', id]) }));
    return cloud.list<W>({ service: 'network', path: `/${plural}`, query }, plural, ctx);
  });
  return (await Promise.all(pages)).flat();
}

function pairs({ fields, filters = [] }: Listing): [string, string][] {
  return [...filters, ...fields.map((field) => ['fields', field] as const)].map(([name, value]) => [name, value]);
}

/**
 * Deletes. Neutron answers 204 when the object is gone from its database, so nothing is left to wait for.
 * @returns `gone`, whether it was there or not.
 */
export async function removeById(cloud: Cloud, path: string, ctx: CallContext): Promise<'gone'> {
  try {
    await cloud.change('DELETE', { service: 'network', path }, ctx);
  } catch (error) {
    if (!isRefused(error, 404)) throw error;
  }
  return 'gone';
}

/** States in which Neutron itself says that it is not finished, or never will be. */
export function assessStatus(observed: Observed, outputs: JsonObject): Assessment {
  const status = String(observed['status'] ?? 'ACTIVE');
  if (status === 'ERROR') {
    const message = `${String(observed['name'])} has status ERROR; Neutron gives no reason`;
    const remedy = 'Ask the operators to look for its id in the log of Neutron.';
    return { state: 'failed', failure: { class: 'permanent', type: 'NetworkError', message, remedy } };
  }
  if (isUnfinished(observed)) return { state: 'pending', detail: status };
  return { state: 'ready', outputs };
}

function isUnfinished({ status }: Observed): boolean {
  return UNFINISHED.has(String(status));
}

const UNFINISHED: ReadonlySet<string> = new Set(['BUILD', 'ALLOCATING', 'PENDING_CREATE', 'PENDING_UPDATE']);

/** Leaves out what the cloud did not say: JSON has no `undefined`. */
export function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** A text field of a wanted state; the schema has checked that it is one. */
export function textOf(wanted: JsonObject, name: string): string {
  return String(wanted[name]);
}

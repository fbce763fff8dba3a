/**
 * Neutron: what its kinds have in common. The create call takes a `description`, which is where the owner mark goes
 * (tags need a second call); lists are narrowed to our project, to the ids asked for and to the fields we read; and a
 * deletion that was answered is done.
 */

import type { Json, JsonObject } from '../../domain/json.ts';
import type { OwnerMark } from '../../domain/owner-mark.ts';
import { formatOwnerMark, parseOwnerMark } from '../../domain/owner-mark.ts';
import type { Assessment, CallContext, Driver, Estimate, Found, Observed } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import { classify } from './classify.ts';
import { isRefused } from './errors.ts';
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
  estimate(wanted: JsonObject): Estimate;
}

/** A driver for a kind of Neutron whose create call takes a description. */
export function createNeutronDriver<W extends WireNeutronObject>(cloud: Cloud, kind: NeutronKind<W>): Driver {
  const path = `/${kind.plural}`;
  return {
    kind: kind.kind,
    schema: kind.schema,
    find: (owner, ctx) => findByDescription(cloud, kind, { owner, ctx }),
    async create(wanted, mark, ctx) {
      const body = { [kind.noun]: { ...(await kind.toBody(wanted, ctx)), description: formatOwnerMark(mark) } };
      const answer = await cloud.change<Record<string, W>>('POST', { service: 'network', path, body }, ctx);
      const made = answer[kind.noun];
      if (!made) throw new Error(`Neutron answered POST ${path} without a ${kind.noun}`);
      return { providerId: made.id, observed: kind.read(made) };
    },
    async observe(refs, ctx) {
      const ids = refs.map(({ providerId }) => providerId);
      const listed = await listByIds<W>(cloud, { plural: kind.plural, ids, fields: kind.fields }, ctx);
      return new Map(listed.map((wire) => [wire.id, kind.read(wire)]));
    },
    assess: (wanted, observed) => kind.assess(wanted, observed),
    remove: (ref, ctx) => removeById(cloud, `${path}/${ref.providerId}`, ctx),
    estimate: (wanted) => kind.estimate(wanted),
    classify,
  };
}

async function findByDescription<W extends WireNeutronObject>(
  cloud: Cloud,
  kind: NeutronKind<W>,
  { owner, ctx }: { owner: string; ctx: CallContext },
): Promise<Found[]> {
  const listed = await listOwnProject<W>(cloud, { plural: kind.plural, fields: MARK_FIELDS }, ctx);
  return listed.flatMap((wire) => toFound(wire, kind.kind, owner));
}

export const MARK_FIELDS: readonly string[] = ['id', 'description', 'created_at'];

function toFound(wire: WireNeutronObject, kind: string, owner: string): Found[] {
  const mark = parseOwnerMark(wire.description);
  if (mark?.owner !== owner) return [];
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
  readonly plural: string;
  readonly fields: readonly string[];
  readonly filters?: readonly (readonly [string, string])[];
}

/** Objects of our own project; an administrator's list would hold everybody's. */
export async function listOwnProject<W>(cloud: Cloud, listing: Listing, ctx: CallContext): Promise<W[]> {
  const { projectId } = await cloud.session(ctx.signal);
  const query = new URLSearchParams([['project_id', projectId], ...pairs(listing)]);
  return cloud.list<W>({ service: 'network', path: `/${listing.plural}`, query }, listing.plural, ctx);
}

/** 4 KB of ids a request: servers commonly accept 8 KB. */
const IDS_PER_CALL = 100;

export async function listByIds<W>(
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
  if (UNFINISHED.has(status)) return { state: 'pending', detail: status };
  return { state: 'ready', outputs };
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

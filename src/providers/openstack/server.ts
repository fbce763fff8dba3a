/**
 * Servers. https://docs.openstack.org/api-ref/compute/#servers-servers
 *
 * The owner mark is in the metadata of the create call. Nova cannot filter a list by metadata, so the same call sets a
 * tag that names the owner: an index, never the truth. What a list by tag does not show is looked for without the tag
 * before it is called gone, because anybody may remove a tag.
 */

import type { Json, JsonObject } from '../../domain/json.ts';
import type { OwnerMark } from '../../domain/owner-mark.ts';
import { ownerMarkFields, ownerMarkFromFields } from '../../domain/owner-mark.ts';
import type { CallContext, Created, Found, Observed, ResourceRef } from '../../ports/driver.ts';
import type { Clock } from './clock.ts';
import type { Cloud } from './cloud.ts';
import { classify } from './classify.ts';
import { isRefused } from './errors.ts';
import type { Names } from './names.ts';
import type { MarkedDriver } from './neutron.ts';
import { ofOwner, textOf } from './neutron.ts';
import type { ServerChanger } from './server-changing.ts';
import { createServerChanger } from './server-changing.ts';
import { gatherFacts, judgeServer } from './server-feasibility.ts';
import { asObject, compareServer } from './server-comparing.ts';
import { assessServer, isGone, readServer } from './server-reading.ts';
import type { WireNamed, WireServer } from './wire.ts';

const KIND = 'openstack.server';

/** Beyond so many owners a listing by tags is a longer URL than it saves. */
const MOST_TAGS_IN_QUERY = 20;
/** Up to here a missing server is asked for by its id; beyond, one list of all names is cheaper. */
const MOST_SINGLE_LOOKS = 3;

const TEXT = { type: 'string' } as const;
const SCHEMA: Json = {
  type: 'object',
  required: ['name', 'flavor', 'image', 'network_id'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 255 },
    flavor: { ...TEXT, description: 'Name or id.' },
    image: { ...TEXT, description: 'Name or id.' },
    network_id: TEXT,
    fixed_ip: TEXT,
    key_name: TEXT,
    security_groups: { type: 'array', items: TEXT },
    user_data: { ...TEXT, description: 'Plain text, at most 65535 bytes once base64-encoded.' },
    metadata: { type: 'object', additionalProperties: { type: 'string', maxLength: 255 } },
    availability_zone: TEXT,
  },
  additionalProperties: false,
};

/** Outputs: `{name, ip, addresses, flavor, host?}`. */
export function createServerDriver(cloud: Cloud, names: Names, clock: Clock): MarkedDriver {
  const changer = createServerChanger({ cloud, names, clock });
  return {
    kind: KIND,
    // An image that a host sees for the first time is copied there first, which may take minutes.
    timeoutMs: 10 * 60_000,
    schema: SCHEMA,
    find: async (owner, ctx) => ofOwner(await findMarked(cloud, [owner], ctx), owner),
    findAll: (ctx) => findMarked(cloud, undefined, ctx),
    create: (wanted, mark, ctx) => create({ cloud, names }, { wanted, mark }, ctx),
    observe: (refs, ctx) => observe({ cloud, names, changer }, refs, ctx),
    assess: assessServer,
    updatable: ['flavor', 'security_groups', 'metadata', 'name'],
    compare: compareServer,
    update: (ref, change, ctx) => changer.update(ref, change, ctx),
    feasibility: async (wanted, ctx) => {
      const facts = await gatherFacts(wanted, { cloud, names }, ctx);
      return wanted.map((each) => judgeServer(each, facts));
    },
    remove: (ref, ctx) => remove(cloud, ref, ctx),
    estimate: () => ({ createMs: 30_000, deleteMs: 10_000 }),
    classify,
  };
}

function tagOf(owner: string): string {
  return `groundwork.${owner}`;
}

/** @param owners undefined for everybody's */
async function findMarked(cloud: Cloud, owners: readonly string[] | undefined, ctx: CallContext): Promise<Found[]> {
  const servers = await listByTags(cloud, owners, ctx);
  return servers.flatMap((server): Found[] => {
    const mark = ownerMarkFromFields(server.metadata);
    if (!mark || isGone(server.status)) return [];
    return [{ providerId: server.id, mark, kind: KIND, createdAt: server.created ?? '1970-01-01T00:00:00Z' }];
  });
}

/** Servers of these owners, and of others where the cloud cannot tell. */
async function listByTags(
  cloud: Cloud,
  owners: readonly string[] | undefined,
  ctx: CallContext,
): Promise<WireServer[]> {
  const { tags } = await cloud.computeVersion(ctx);
  const query = new URLSearchParams();
  if (tags && owners && owners.length <= MOST_TAGS_IN_QUERY) query.set('tags-any', owners.map(tagOf).join(','));
  return cloud.list<WireServer>({ service: 'compute', path: '/servers/detail', query }, 'servers', ctx);
}

interface Tools {
  readonly cloud: Cloud;
  readonly names: Names;
}

interface Order {
  readonly wanted: JsonObject;
  readonly mark: OwnerMark;
}

async function create({ cloud, names }: Tools, { wanted, mark }: Order, ctx: CallContext): Promise<Created> {
  const [flavorRef, imageRef, version] = await Promise.all([
    names.flavor(textOf(wanted, 'flavor'), ctx),
    names.image(textOf(wanted, 'image'), ctx),
    cloud.computeVersion(ctx),
  ]);
  const tags = version.tags ? { tags: [tagOf(mark.owner)] } : {};
  const body = { server: { ...serverBody(wanted, mark), flavorRef, imageRef, ...tags } };
  try {
    // The answer also holds an administrator's password, which goes nowhere.
    const { server } = await cloud.change<{ server: { id: string } }>(
      'POST',
      { service: 'compute', path: '/servers', body },
      ctx,
    );
    return { providerId: server.id };
  } catch (error) {
    if (isRefused(error, 400)) names.forget();
    throw error;
  }
}

function serverBody(wanted: JsonObject, mark: OwnerMark): JsonObject {
  const { name, network_id, fixed_ip, key_name, security_groups, user_data, availability_zone } = wanted;
  return {
    name: String(name),
    networks: [{ uuid: String(network_id), ...(fixed_ip !== undefined && { fixed_ip }) }],
    metadata: { ...asObject(wanted['metadata']), ...markFields(mark) },
    ...(key_name !== undefined && { key_name }),
    ...(Array.isArray(security_groups) && {
      security_groups: security_groups.map((group) => ({ name: group as string })),
    }),
    ...(user_data !== undefined && { user_data: Buffer.from(String(user_data)).toString('base64') }),
    ...(availability_zone !== undefined && { availability_zone }),
  };
}

function markFields(mark: OwnerMark): JsonObject {
  return { ...ownerMarkFields(mark), deployment_id: mark.owner };
}

interface Watch {
  readonly cloud: Cloud;
  readonly names: Names;
  readonly changer: ServerChanger;
}

async function observe(
  { cloud, names, changer }: Watch,
  refs: readonly ResourceRef[],
  ctx: CallContext,
): Promise<Map<string, Observed>> {
  if (refs.length === 0) return new Map();
  const wantedIds = new Set(refs.map(({ providerId }) => providerId));
  const owners = [...new Set(refs.map(({ mark }) => mark.owner))];
  const listed = (await listByTags(cloud, owners, ctx)).filter(({ id }) => wantedIds.has(id));
  const listedIds = new Set(listed.map(({ id }) => id));
  const unseen = await lookForUnseen(
    cloud,
    [...wantedIds].filter((id) => !listedIds.has(id)),
    ctx,
  );
  // DELETED is the last moment of a deletion, before the 404; SOFT_DELETED lasts for as long as the operators please.
  const alive = [...listed, ...unseen].filter(({ status }) => status !== 'SOFT_DELETED');
  const told = await Promise.all(alive.map((server) => withFault(cloud, server, ctx)));
  const byId = new Map(refs.map((ref) => [ref.providerId, ref]));
  const flavors = told.some((server) => hasUntoldFlavor(server, byId)) ? await names.flavors(ctx) : [];
  const read = told.map((server) => {
    const ref = byId.get(server.id);
    const flavor = flavors.find(({ id, name }) => id === server.flavor?.id || name === server.flavor?.original_name);
    const underWay = changer.underWay(server.id, server.status);
    const context = {
      ...(ref && { mark: markFields(ref.mark) }),
      ...(flavor && { flavor }),
      ...(underWay && { underWay }),
    };
    return [server.id, readServer(server, context)] as const;
  });
  return new Map(read);
}

/** A server tells its flavor's name, a person may have asked for it by id: then the list of flavors tells both. */
function hasUntoldFlavor({ id, flavor }: WireServer, refs: ReadonlyMap<string, ResourceRef>): boolean {
  const wanted = refs.get(id)?.wanted['flavor'];
  return flavor !== undefined && wanted !== undefined && wanted !== flavor.original_name;
}

/**
 * A list reads faults from one cell's database only, so that a server that never reached a cell (no valid host) stands
 * in it without any; by its id the fault is shown. Observed with Nova 26.
 */
async function withFault(cloud: Cloud, server: WireServer, ctx: CallContext): Promise<WireServer> {
  const isLeaving = Boolean(server['OS-EXT-STS:task_state']);
  if (server.status !== 'ERROR' || server.fault || isLeaving) return server;
  const [closer] = await getServer(cloud, server.id, ctx);
  return closer ?? server;
}

/** Servers that lost their tag, or whose cell does not answer and which a filtered list therefore leaves out. */
async function lookForUnseen(cloud: Cloud, ids: readonly string[], ctx: CallContext): Promise<WireServer[]> {
  const suspects = ids.length > MOST_SINGLE_LOOKS ? await stillListed(cloud, ids, ctx) : ids;
  return (await Promise.all(suspects.map((id) => getServer(cloud, id, ctx)))).flat();
}

async function stillListed(cloud: Cloud, ids: readonly string[], ctx: CallContext): Promise<string[]> {
  const all = await cloud.list<WireNamed>({ service: 'compute', path: '/servers' }, 'servers', ctx);
  const known = new Set(all.map(({ id }) => id));
  return ids.filter((id) => known.has(id));
}

async function getServer(cloud: Cloud, id: string, ctx: CallContext): Promise<WireServer[]> {
  try {
    const { server } = await cloud.get<{ server: WireServer }>({ service: 'compute', path: `/servers/${id}` }, ctx);
    return [server];
  } catch (error) {
    if (isRefused(error, 404)) return [];
    throw error;
  }
}

/** Nova goes on showing it for a while: accepted means going. A second DELETE while it goes is accepted as well. */
async function remove(cloud: Cloud, ref: ResourceRef, ctx: CallContext): Promise<'gone' | 'accepted'> {
  try {
    await cloud.change('DELETE', { service: 'compute', path: `/servers/${ref.providerId}` }, ctx);
    return 'accepted';
  } catch (error) {
    if (isRefused(error, 404)) return 'gone';
    throw error;
  }
}

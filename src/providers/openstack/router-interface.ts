/**
 * Router interfaces: a router's port on a subnet. https://docs.openstack.org/api-ref/network/v2/#add-interface-to-router
 *
 * The call that makes one, `add_router_interface`, takes no description, so an interface cannot carry its mark from the
 * first call. It does not need to: a router has at most one interface on a subnet, so the marks of the two tell whose
 * it is. Router and `subnet/web` of one owner make `interface/web` of that owner.
 *
 * They do not tell the generation. Without a mark of its own an interface is of generation 1; one that is made again
 * (generation 2 and up) gets its mark written into the port's description by a second call. Between the two calls it
 * passes for generation 1; making it again then finds it and completes the mark.
 */

import type { Difference } from '../../domain/difference.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { OwnerMark } from '../../domain/owner-mark.ts';
import { formatOwnerMark } from '../../domain/owner-mark.ts';
import type { CallContext, Change, Created, Found, Observed, ResourceRef } from '../../ports/driver.ts';
import type { Cloud, CloudCall } from './cloud.ts';
import { classify } from './classify.ts';
import { isRefused, Refused } from './errors.ts';
import type { MarkedDriver } from './neutron.ts';
import { createdAtOf, listByIds, listOwnProject, MARK_FIELDS, markOf, ofOwner, present, textOf } from './neutron.ts';
import { changesOf, differ } from './neutron-comparing.ts';
import { JointListing } from './joint-listing.ts';
import type { WireNeutronObject, WirePort } from './wire.ts';

const KIND = 'openstack.router-interface';
const FIELDS = ['id', 'status', 'device_id', 'fixed_ips', 'admin_state_up'];

/** Plain, distributed and highly available routers name their ports differently. */
export const ROUTER_INTERFACE_OWNERS: readonly string[] = [
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
];

/** Wanted: `{router_id, subnet_id}`. Outputs: `{router_id, subnet_id?, ip?}`. The provider id is that of the port. */
export function createRouterInterfaceDriver(cloud: Cloud): MarkedDriver {
  const marked = new JointListing((ctx) => findAll(cloud, ctx));
  return {
    kind: KIND,
    schema: {
      type: 'object',
      required: ['router_id', 'subnet_id'],
      properties: { router_id: { type: 'string' }, subnet_id: { type: 'string' } },
      additionalProperties: false,
    },
    find: async (owner, { signal }) => ofOwner(await marked.next(signal), owner),
    findAll: (ctx) => findAll(cloud, ctx),
    create: (wanted, mark, ctx) => create(cloud, { wanted, mark }, ctx),
    async observe(refs, ctx) {
      const ids = refs.map(({ providerId }) => providerId);
      const ports = await listByIds<WirePort>(cloud, { plural: 'ports', ids, fields: FIELDS }, ctx);
      return new Map(ports.map((port) => [port.id, read(port)]));
    },
    // Its status says whether an agent has wired it on some host, which servers need not wait for.
    assess: (_wanted, { router_id, subnet_id, ip }) => ({
      state: 'ready',
      outputs: present({ router_id, subnet_id, ip }),
    }),
    updatable: [],
    compare: compareInterface,
    update: (ref, change, ctx) => update(cloud, { ref, change }, ctx),
    feasibility: async (wanted) => wanted.map(() => ({ checks: [], uses: { ports: 1 } })),
    remove: (ref, ctx) => remove(cloud, ref, ctx),
    estimate: () => ({ createMs: 3000, deleteMs: 3000 }),
    classify,
  };
}

async function findAll(cloud: Cloud, ctx: CallContext): Promise<Found[]> {
  const filters = ROUTER_INTERFACE_OWNERS.map((name) => ['device_owner', name] as const);
  const fields = [...MARK_FIELDS, ...FIELDS];
  const [routers, subnets, ports] = await Promise.all([
    listOwnProject<WireNeutronObject>(cloud, { plural: 'routers', fields: MARK_FIELDS }, ctx),
    listOwnProject<WireNeutronObject>(cloud, { plural: 'subnets', fields: MARK_FIELDS }, ctx),
    listOwnProject<WirePort>(cloud, { plural: 'ports', fields, filters }, ctx),
  ]);
  const routerOwners = new Map(routers.map((router) => [router.id, markOf(router)?.owner]));
  const marks = new Map(subnets.flatMap(interfaceMarkOf));
  return ports.flatMap((port): Found[] => {
    const due = marks.get(subnetOf(port) ?? '');
    if (!due || routerOwners.get(port.device_id ?? '') !== due.owner) return [];
    return [{ providerId: port.id, mark: markOf(port) ?? due, kind: KIND, createdAt: createdAtOf(port) }];
  });
}

/** `subnet/web` → `interface/web`, by subnet id. */
function interfaceMarkOf(subnet: WireNeutronObject): [string, OwnerMark][] {
  const mark = markOf(subnet);
  if (!mark) return [];
  return [[subnet.id, { owner: mark.owner, key: `interface/${mark.key.replace(/^subnet\//, '')}`, generation: 1 }]];
}

interface Order {
  readonly wanted: JsonObject;
  readonly mark: OwnerMark;
}

async function create(cloud: Cloud, { wanted, mark }: Order, ctx: CallContext): Promise<Created> {
  const port = (await add(cloud, wanted, ctx)) ?? (await lookFor(cloud, wanted, ctx));
  if (mark.generation > 1) await writeMark(cloud, { portId: port.id, mark }, ctx);
  return { providerId: port.id, observed: read(port) };
}

/** The port made, or undefined when the router is there already: an earlier answer of ours was lost. */
async function add(cloud: Cloud, wanted: JsonObject, ctx: CallContext): Promise<WirePort | undefined> {
  const subnet_id = textOf(wanted, 'subnet_id');
  try {
    const call = routerCall(textOf(wanted, 'router_id'), 'add_router_interface', { subnet_id });
    const { port_id } = await cloud.change<{ port_id: string }>('PUT', call, ctx);
    return { id: port_id, device_id: textOf(wanted, 'router_id'), fixed_ips: [{ subnet_id, ip_address: '' }] };
  } catch (error) {
    if (error instanceof Refused && classify(error).type === 'InterfaceExists') return undefined;
    throw error;
  }
}

async function lookFor(cloud: Cloud, wanted: JsonObject, ctx: CallContext): Promise<WirePort> {
  const filters = [
    ['device_id', textOf(wanted, 'router_id')],
    ['fixed_ips', `subnet_id=${textOf(wanted, 'subnet_id')}`],
  ] as const;
  const [port] = await listOwnProject<WirePort>(cloud, { plural: 'ports', fields: FIELDS, filters }, ctx);
  if (port) return port;
  const envelope = { message: 'the router is said to have a port on the subnet, but none is listed' };
  const call = { service: 'network', method: 'PUT', path: '/routers', mutating: true } as const;
  throw new Refused(call, { status: 409, envelope, requestId: undefined, retryAfterMs: undefined });
}

async function writeMark(
  cloud: Cloud,
  { portId, mark }: { portId: string; mark: OwnerMark },
  ctx: CallContext,
): Promise<void> {
  const body = { port: { description: formatOwnerMark(mark) } };
  await cloud.change('PUT', { service: 'network', path: `/ports/${portId}`, body }, ctx);
}

/** A port that was taken off its router stays for itself and can only be made again. */
export function compareInterface(wanted: JsonObject, observed: Observed): Difference[] {
  return [
    ...differ('router_id', wanted['router_id'], observed['router_id'], 'replace'),
    ...differ('subnet_id', wanted['subnet_id'], observed['subnet_id'], 'replace'),
    ...(observed['admin_state_up'] === false ? differ('admin_state_up', true, false) : []),
  ];
}

async function update(
  cloud: Cloud,
  { ref, change }: { ref: ResourceRef; change: Change },
  ctx: CallContext,
): Promise<void> {
  const body = { port: await changesOf(change.differences) };
  await cloud.change('PUT', { service: 'network', path: `/ports/${ref.providerId}`, body }, ctx);
}

async function remove(cloud: Cloud, ref: ResourceRef, ctx: CallContext): Promise<'gone'> {
  const routerId = ref.wanted['router_id'] ?? (await routerOf(cloud, ref.providerId, ctx));
  if (typeof routerId !== 'string') return 'gone';
  try {
    await cloud.change('PUT', routerCall(routerId, 'remove_router_interface', { port_id: ref.providerId }), ctx);
  } catch (error) {
    if (!isRefused(error, 404)) throw error;
  }
  return 'gone';
}

/** For an interface that was found and that no ledger knows. */
async function routerOf(cloud: Cloud, portId: string, ctx: CallContext): Promise<string | undefined> {
  const [port] = await listByIds<WirePort>(cloud, { plural: 'ports', ids: [portId], fields: FIELDS }, ctx);
  return port?.device_id;
}

function routerCall(routerId: string, deed: string, body: JsonObject): CloudCall & { body: JsonObject } {
  return { service: 'network', path: `/routers/${routerId}/${deed}`, body };
}

function subnetOf(port: WirePort): string | undefined {
  return port.fixed_ips?.[0]?.subnet_id;
}

function read(port: WirePort): Observed {
  const [address] = port.fixed_ips ?? [];
  return present({
    status: port.status,
    admin_state_up: port.admin_state_up,
    router_id: port.device_id,
    subnet_id: address?.subnet_id,
    ip: address?.ip_address === '' ? undefined : address?.ip_address,
  });
}

/**
 * What speaks for and against a server before it is made. The facts are gathered by a few calls for any number of
 * servers; judging them is pure. Nova checks the same things when it is asked for a server, in the same words where it
 * matters, and two that cannot be foreseen: the exact host, and what others do meanwhile.
 */

import type { Check, Uses } from '../../domain/feasibility.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { CallContext, Outlook } from '../../ports/driver.ts';
import type { Told } from './asking.ts';
import { ask, checkOf, failed } from './asking.ts';
import { classify } from './classify.ts';
import type { Cloud } from './cloud.ts';
import { isRefused } from './errors.ts';
import { judgeHosts } from './host-capacity.ts';
import type { Names } from './names.ts';
import { listOwnProject } from './neutron.ts';
import type { WireFlavor, WireHypervisor, WireImage, WireNamed, WireZone } from './wire.ts';

export interface ServerFacts {
  readonly flavors: Told<readonly WireFlavor[]>;
  /** By the name or id that is wanted. */
  readonly images: ReadonlyMap<string, Told<WireImage>>;
  readonly keyPairs?: Told<readonly string[]>;
  readonly groups?: Told<readonly WireNamed[]>;
  readonly zones?: Told<readonly WireZone[]>;
  /** Undefined where only administrators are told: nothing can be said about it then, for any server. */
  readonly hosts: Told<readonly WireHypervisor[]> | undefined;
}

/** Asks only for what is wanted of any of them, everything at the same time. */
export async function gatherFacts(
  wanted: readonly JsonObject[],
  { cloud, names }: { cloud: Cloud; names: Names },
  ctx: CallContext,
): Promise<ServerFacts> {
  const isWanted = (field: string): boolean => wanted.some((each) => each[field] !== undefined);
  const images = [...new Set(wanted.map(({ image }) => String(image)))];
  const [flavors, hosts, keyPairs, groups, zones, ...told] = await Promise.all([
    ask(() => names.flavorFacts(ctx)),
    askHosts(cloud, ctx),
    isWanted('key_name') ? ask(() => listKeyPairs(cloud, ctx)) : undefined,
    isWanted('security_groups') ? ask(() => listGroups(cloud, ctx)) : undefined,
    isWanted('availability_zone') ? ask(() => listZones(cloud, ctx)) : undefined,
    ...images.map((image) => ask(() => names.imageFacts(image, ctx))),
  ]);
  return {
    flavors,
    hosts,
    images: new Map(images.flatMap((image, index) => (told[index] ? [[image, told[index]]] : []))),
    ...(keyPairs && { keyPairs }),
    ...(groups && { groups }),
    ...(zones && { zones }),
  };
}

async function listKeyPairs(cloud: Cloud, ctx: CallContext): Promise<string[]> {
  const call = { service: 'compute', path: '/os-keypairs' } as const;
  const listed = await cloud.list<{ keypair: { name: string } }>(call, 'keypairs', ctx);
  return listed.map(({ keypair }) => keypair.name);
}

function listGroups(cloud: Cloud, ctx: CallContext): Promise<WireNamed[]> {
  return listOwnProject<WireNamed>(
    cloud,
    { plural: 'security-groups', key: 'security_groups', fields: ['id', 'name'] },
    ctx,
  );
}

function listZones(cloud: Cloud, ctx: CallContext): Promise<WireZone[]> {
  return cloud.list<WireZone>({ service: 'compute', path: '/os-availability-zone' }, 'availabilityZoneInfo', ctx);
}

async function askHosts(cloud: Cloud, ctx: CallContext): Promise<ServerFacts['hosts']> {
  try {
    const call = { service: 'compute', path: '/os-hypervisors/detail' } as const;
    return { state: 'told', value: await cloud.list<WireHypervisor>(call, 'hypervisors', ctx) };
  } catch (error) {
    return isRefused(error, 403) ? undefined : { state: 'untold', reason: classify(error).message };
  }
}

/** Pure. References to things that are still to be made are left out of account. */
export function judgeServer(wanted: JsonObject, facts: ServerFacts): Outlook {
  const flavor = findFlavor(String(wanted['flavor']), facts.flavors);
  const image = facts.images.get(String(wanted['image'])) ?? { state: 'untold', reason: 'the image was not asked for' };
  const size = flavor.state === 'told' ? flavor.value : undefined;
  return {
    checks: [
      checkOf('flavor', flavor, ({ name, vcpus, ram, disk }) => `${name}: ${vcpus} vCPU, ${ram} MiB, ${disk} GiB`),
      judgeImage(image, size),
      ...judgeKeyPair(wanted['key_name'], facts.keyPairs),
      ...judgeGroups(wanted['security_groups'], facts.groups),
      ...judgeZone(wanted['availability_zone'], facts.zones),
      ...(size && facts.hosts ? [judgeHosts(size, facts.hosts)] : []),
    ],
    uses: usesOf(size),
  };
}

function usesOf(flavor: WireFlavor | undefined): Uses {
  const size = flavor && { cores: flavor.vcpus, ram_mb: flavor.ram };
  return { instances: 1, ports: 1, ...size };
}

function findFlavor(wanted: string, told: ServerFacts['flavors']): Told<WireFlavor> {
  if (told.state !== 'told') return told;
  const flavor = told.value.find(({ id }) => id === wanted) ?? told.value.find(({ name }) => name === wanted);
  const remedy = '`openstack flavor list` shows those that the project may use.';
  if (!flavor) return { state: 'refused', reason: `there is no flavor "${wanted}" that the project may use`, remedy };
  if (flavor['OS-FLV-DISABLED:disabled'] !== true) return { state: 'told', value: flavor };
  return { state: 'refused', reason: `flavor "${wanted}" is disabled`, remedy };
}

const GIB = 1024 ** 3;

/** A flavor without disk takes as much as the image needs. */
function judgeImage(told: Told<WireImage>, flavor: WireFlavor | undefined): Check {
  if (told.state !== 'told' || !flavor) return checkOf('image', told, ({ name }) => `image ${name} is active`);
  const { name, min_ram = 0, min_disk = 0, size, virtual_size } = told.value;
  const remedy = 'Name a larger flavor or a smaller image.';
  if (min_ram > flavor.ram) {
    return failed(
      'image',
      `image ${name} needs ${min_ram} MiB of memory, and ${flavor.name} has ${flavor.ram}`,
      remedy,
    );
  }
  const needed = Math.max(min_disk, (size ?? 0) / GIB, (virtual_size ?? 0) / GIB);
  if (flavor.disk > 0 && needed > flavor.disk) {
    const gib = Math.ceil(needed * 10) / 10;
    return failed('image', `image ${name} needs ${gib} GiB of disk, and ${flavor.name} has ${flavor.disk}`, remedy);
  }
  return checkOf('image', told, () => `image ${name} is active and fits into ${flavor.name}`);
}

function judgeKeyPair(name: Json | undefined, told: ServerFacts['keyPairs']): Check[] {
  if (typeof name !== 'string' || !told) return [];
  if (told.state !== 'told' || told.value.includes(name)) {
    return [checkOf('key_pair', told, () => `key pair ${name} is there`)];
  }
  const remedy = 'Make it as the user of clouds.yaml (key pairs belong to users), or name another one.';
  return [failed('key_pair', `the user of clouds.yaml has no key pair "${name}"`, remedy)];
}

function judgeGroups(wanted: Json | undefined, told: ServerFacts['groups']): Check[] {
  if (!Array.isArray(wanted) || wanted.length === 0 || !told) return [];
  if (told.state !== 'told') return [checkOf('security_group', told, () => '')];
  return wanted.map(String).map((group) => {
    const found = told.value.filter(({ id, name }) => id === group || name === group);
    if (found.length === 1) return checkOf('security_group', told, () => `security group ${group} is there`);
    const reason =
      found.length === 0
        ? `the project has no security group "${group}"`
        : `"${group}" is the name of ${found.length} security groups`;
    return failed(
      'security_group',
      reason,
      found.length === 0 ? 'Make it, or name another one.' : 'Name it by its id.',
    );
  });
}

/** `zone:host` orders a host, which only administrators may. */
function judgeZone(wanted: Json | undefined, told: ServerFacts['zones']): Check[] {
  if (typeof wanted !== 'string' || !told) return [];
  if (told.state !== 'told') return [checkOf('availability_zone', told, () => '')];
  const [name = ''] = wanted.split(':');
  const zone = told.value.find(({ zoneName }) => zoneName === name);
  if (zone?.zoneState.available === true) {
    return [checkOf('availability_zone', told, () => `availability zone ${name} is available`)];
  }
  const known = told.value.map(({ zoneName }) => zoneName).join(', ');
  const reason = zone ? `availability zone ${name} is not available` : `there is no availability zone "${name}"`;
  return [failed('availability_zone', reason, `The region has: ${known}.`)];
}

/**
 * A cloud in memory behind the driver port: for tests of the run workflow that need failures at exact calls and nothing of
 * any real cloud's protocol. It has the kinds and the dependencies of a deployment, and refuses to remove what is in use.
 */

import { isDeepStrictEqual } from 'node:util';

import type { Difference } from '../../src/domain/difference.ts';
import type { Failure } from '../../src/domain/failure.ts';
import type { Check, Quotas, Uses } from '../../src/domain/feasibility.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { OwnerMark } from '../../src/domain/owner-mark.ts';
import type { CallContext, Driver, Found, Observed, Region } from '../../src/ports/driver.ts';

export interface MemoryObject {
  readonly providerId: string;
  readonly kind: string;
  readonly mark: OwnerMark;
  /** What it is like; a test may change it behind the ledger's back. */
  wanted: JsonObject;
  readonly createdAt: string;
  /** Looks that still find it pending. */
  pending: number;
  /** `ACTIVE`, or what a test wrote: of `ERROR` only a new object helps, of anything else `update` does. */
  status: string;
}

export interface MemoryCall {
  readonly verb: 'find' | 'create' | 'observe' | 'update' | 'remove' | 'feasibility' | 'quotas' | 'find-all';
  /** Empty for calls that concern the whole region. */
  readonly kind: string;
  readonly key: string;
}

/** Thrown by a fault; the driver classifies it by the failure it carries. */
export class MemoryFault extends Error {
  readonly failure: Failure;
  constructor(failure: Partial<Failure> & Pick<Failure, 'class'>) {
    super(failure.message ?? `injected ${failure.class}`);
    this.failure = { type: 'Injected', message: this.message, ...failure };
  }
}

export interface MemoryRegion extends Region {
  readonly objects: Map<string, MemoryObject>;
  readonly calls: MemoryCall[];
  /** Limits of its quotas by name; what is not named has none. What is used is counted. */
  limits: Record<string, number>;
  /** What `feasibility` says about a wanted state; nothing speaks against anything until a test says so. */
  judge: (kind: string, wanted: JsonObject) => Check[];
  /** Called before the effect of every call; throws to fail it. */
  before: Interference;
  /** Called after the effect of every call; throws to lose the answer. */
  after: Interference;
}

/** @param signal aborts when the caller gives the call up; a hanging call must listen to it, as a real client does */
type Interference = (call: MemoryCall, signal: AbortSignal) => void | Promise<void>;

const NOUNS = ['server', 'router-interface', 'router', 'subnet', 'network'];

const UPDATABLE: Readonly<Record<string, readonly string[]>> = {
  'memory.server': ['flavor', 'security_groups', 'metadata', 'name'],
  'memory.router': ['external_network', 'name'],
  'memory.subnet': ['dns_nameservers', 'name'],
  'memory.network': ['name'],
};

const USES: Readonly<Record<string, Uses>> = {
  'memory.server': { instances: 1, cores: 1, ram_mb: 1024, ports: 1 },
  'memory.router-interface': { ports: 1 },
  'memory.router': { routers: 1 },
  'memory.subnet': { subnets: 1 },
  'memory.network': { networks: 1 },
};

export interface MemoryRegionOptions {
  /** How many looks find a new server still pending. */
  readonly buildLooks?: number;
  /** Time limit of a server, from the first call until it is ready, in milliseconds. */
  readonly timeoutMs?: number;
}

export function createMemoryRegion(name = 'here', options: MemoryRegionOptions = {}): MemoryRegion {
  const region: MemoryRegion = {
    name,
    provider: 'memory',
    kinds: NOUNS.map((noun) => `memory.${noun}`),
    objects: new Map(),
    calls: [],
    limits: {},
    judge: () => [],
    before: () => {},
    after: () => {},
    driver: (kind) => drivers.get(kind),
    quotas: (context) => enact(region, { verb: 'quotas', kind: '', key: '' }, context, () => quotasOf(region)),
    findAll: (context) =>
      enact(region, { verb: 'find-all', kind: '', key: '' }, context, () => [...region.objects.values()].map(foundOf)),
    ping: async () => ({ latencyMs: 0, detail: {} }),
    close: async () => {},
  };
  const drivers = new Map(
    region.kinds.map((kind) => [kind, createDriver(region, kind, kind === 'memory.server' ? options : {})]),
  );
  return region;
}

let counter = 0;

/** Verbs that change something, which a worker that lost its lease must not. */
const EFFECTS: ReadonlySet<string> = new Set(['create', 'update', 'remove']);

async function enact<T>(region: MemoryRegion, call: MemoryCall, context: CallContext, effect: () => T): Promise<T> {
  region.calls.push(call);
  if (EFFECTS.has(call.verb)) await context.beforeEffect();
  await region.before(call, context.signal);
  const result = effect();
  await region.after(call, context.signal);
  return result;
}

function quotasOf(region: MemoryRegion): Quotas {
  const names = new Set(Object.values(USES).flatMap((uses) => Object.keys(uses)));
  const used = (name: string): number =>
    [...region.objects.values()].reduce((sum, { kind }) => sum + (USES[kind]?.[name] ?? 0), 0);
  return Object.fromEntries([...names].map((name) => [name, { limit: region.limits[name] ?? null, used: used(name) }]));
}

function createDriver(
  region: MemoryRegion,
  kind: string,
  { buildLooks = 0, timeoutMs = 20_000 }: MemoryRegionOptions,
): Driver {
  const updatable = UPDATABLE[kind] ?? [];
  const made = <T>(call: MemoryCall, context: CallContext, effect: () => T): Promise<T> =>
    enact(region, call, context, effect);
  const create = (wanted: JsonObject, mark: OwnerMark): MemoryObject => {
    counter += 1;
    const object = {
      providerId: `${kind}-${counter}`,
      kind,
      mark,
      wanted,
      createdAt: new Date(counter).toISOString(),
      pending: buildLooks,
      status: 'ACTIVE',
    };
    region.objects.set(object.providerId, object);
    return object;
  };
  return {
    kind,
    schema: {},
    timeoutMs,
    updatable,
    compare: (wanted, observed) => (Number(observed['pending']) > 0 ? [] : differences(wanted, observed, updatable)),
    async update(ref, { wanted, differences: wrong }, context) {
      await made({ verb: 'update', kind, key: ref.mark.key }, context, () => {
        const object = region.objects.get(ref.providerId);
        if (!object) throw new MemoryFault({ class: 'permanent', message: `${ref.providerId} is not there` });
        for (const { field, wanted: value } of wrong.filter(({ fix }) => fix === 'update')) {
          if (field === 'status') object.status = 'ACTIVE';
          else if (field in wanted) object.wanted = { ...object.wanted, [field]: value };
          else object.wanted = without(object.wanted, field);
        }
        object.pending = buildLooks;
      });
    },
    async feasibility(wanted, context) {
      return made({ verb: 'feasibility', kind, key: '' }, context, () =>
        wanted.map((each) => ({ checks: region.judge(kind, each), uses: USES[kind] ?? {} })),
      );
    },
    async find(owner, context) {
      return made({ verb: 'find', kind, key: '' }, context, () =>
        [...region.objects.values()].filter((o) => o.kind === kind && o.mark.owner === owner).map(foundOf),
      );
    },
    async create(wanted, mark, context) {
      const object = await made({ verb: 'create', kind, key: mark.key }, context, () => create(wanted, mark));
      return { providerId: object.providerId, ...(buildLooks === 0 ? { observed: observedOf(object) } : {}) };
    },
    async observe(refs, context) {
      return made({ verb: 'observe', kind, key: '' }, context, () => {
        const seen = new Map<string, Observed>();
        for (const { providerId } of refs) {
          const object = region.objects.get(providerId);
          if (!object) continue;
          seen.set(providerId, observedOf(object));
          object.pending = Math.max(0, object.pending - 1);
        }
        return seen;
      });
    },
    assess(wanted, observed) {
      if (wanted['broken'] === true || observed['status'] === 'ERROR')
        return { state: 'failed', failure: new MemoryFault({ class: 'permanent', type: 'Broken' }).failure };
      if (Number(observed['pending']) > 0) return { state: 'pending', detail: 'BUILD' };
      if (observed['status'] !== 'ACTIVE') return { state: 'pending', detail: String(observed['status']) };
      return { state: 'ready', outputs: { name: wanted['name'] ?? null, ip: wanted['fixed_ip'] ?? null } };
    },
    async remove(ref, context) {
      return made({ verb: 'remove', kind, key: ref.mark.key }, context, () => {
        const object = region.objects.get(ref.providerId);
        if (!object) return 'gone';
        const user = [...region.objects.values()].find((o) => Object.values(o.wanted).includes(ref.providerId));
        if (user)
          throw new MemoryFault({ class: 'in-use', message: `${ref.providerId} is in use by ${user.providerId}` });
        region.objects.delete(ref.providerId);
        return 'gone';
      });
    },
    estimate: () => ({ createMs: 10, deleteMs: 10 }),
    classify(error): Failure {
      if (error instanceof MemoryFault) return error.failure;
      throw error;
    },
  };
}

function foundOf({ providerId, mark, kind, createdAt }: MemoryObject): Found {
  return { providerId, mark, kind, createdAt };
}

function observedOf({ pending, status, wanted }: MemoryObject): Observed {
  return { pending, status, actual: wanted };
}

/** Field by field, and the status. */
function differences(wanted: JsonObject, observed: Observed, updatable: readonly string[]): Difference[] {
  const status = String(observed['status']);
  const actual = observed['actual'] as JsonObject; // as `observedOf` wrote it
  const fields = [...new Set([...Object.keys(wanted), ...Object.keys(actual)])];
  const wrong = fields
    .filter((field) => !isDeepStrictEqual(wanted[field] ?? null, actual[field] ?? null))
    .map((field): Difference => {
      const fix = updatable.includes(field) ? 'update' : 'replace';
      return { field, wanted: wanted[field] ?? null, actual: actual[field] ?? null, fix };
    });
  if (status === 'ACTIVE') return wrong;
  return [
    { field: 'status', wanted: 'ACTIVE', actual: status, fix: status === 'ERROR' ? 'replace' : 'update' },
    ...wrong,
  ];
}

function without(object: JsonObject, field: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}

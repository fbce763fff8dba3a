/**
 * A cloud in memory behind the driver port: for tests of the run workflow that need failures at exact calls and nothing of
 * any real cloud's protocol. It has the kinds and the dependencies of a deployment, and refuses to remove what is in use.
 */

import type { Failure } from '../../src/domain/failure.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { OwnerMark } from '../../src/domain/owner-mark.ts';
import type { CallContext, Driver, Found, Observed, Region } from '../../src/ports/driver.ts';

export interface MemoryObject {
  readonly providerId: string;
  readonly kind: string;
  readonly mark: OwnerMark;
  readonly wanted: JsonObject;
  readonly createdAt: string;
  /** Looks that still find it pending. */
  pending: number;
}

export interface MemoryCall {
  readonly verb: 'find' | 'create' | 'observe' | 'remove';
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
  /** Called before the effect of every call; throws to fail it. */
  before: Interference;
  /** Called after the effect of every call; throws to lose the answer. */
  after: Interference;
}

/** @param signal aborts when the caller gives the call up; a hanging call must listen to it, as a real client does */
type Interference = (call: MemoryCall, signal: AbortSignal) => void | Promise<void>;

const NOUNS = ['server', 'router-interface', 'router', 'subnet', 'network'];

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
    before: () => {},
    after: () => {},
    driver: (kind) => drivers.get(kind),
    ping: async () => ({ latencyMs: 0, detail: {} }),
    close: async () => {},
  };
  const drivers = new Map(
    region.kinds.map((kind) => [kind, createDriver(region, kind, kind === 'memory.server' ? options : {})]),
  );
  return region;
}

let counter = 0;

function createDriver(
  region: MemoryRegion,
  kind: string,
  { buildLooks = 0, timeoutMs = 20_000 }: MemoryRegionOptions,
): Driver {
  const made = async <T>(call: MemoryCall, context: CallContext, effect: () => T): Promise<T> => {
    region.calls.push(call);
    if (call.verb === 'create' || call.verb === 'remove') await context.beforeEffect();
    await region.before(call, context.signal);
    const result = effect();
    await region.after(call, context.signal);
    return result;
  };
  const create = (wanted: JsonObject, mark: OwnerMark): MemoryObject => {
    counter += 1;
    const object = {
      providerId: `${kind}-${counter}`,
      kind,
      mark,
      wanted,
      createdAt: new Date(counter).toISOString(),
      pending: buildLooks,
    };
    region.objects.set(object.providerId, object);
    return object;
  };
  return {
    kind,
    schema: {},
    timeoutMs,
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
      if (wanted['broken'] === true)
        return { state: 'failed', failure: new MemoryFault({ class: 'permanent', type: 'Broken' }).failure };
      if (Number(observed['pending']) > 0) return { state: 'pending', detail: 'BUILD' };
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

function observedOf(object: MemoryObject): Observed {
  return { pending: object.pending };
}

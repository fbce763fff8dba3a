/**
 * Names: a template says `m1.small`, Nova wants an id. Flavors, images and external networks may be named by either;
 * what was found is remembered for a minute, and forgotten at once when the cloud says that it is not there.
 */

import type { CallContext } from '../../ports/driver.ts';
import type { Cloud } from './cloud.ts';
import type { Clock } from './clock.ts';
import { isRefused, Stopped } from './errors.ts';
import { SingleFlight } from './single-flight.ts';
import type { WireFlavor, WireImage, WireNamed } from './wire.ts';

export interface Names {
  /** Id of a flavor. @throws Stopped `FlavorNotFound`, `FlavorAmbiguous`. */
  flavor(nameOrId: string, ctx: CallContext): Promise<string>;
  /** All flavors that the project may use. */
  flavors(ctx: CallContext): Promise<readonly WireNamed[]>;
  /** Id of an active image. @throws Stopped `ImageNotFound`, `ImageNotActive`, `ImageAmbiguous`. */
  image(nameOrId: string, ctx: CallContext): Promise<string>;
  /** The image itself. @throws as `image` does */
  imageFacts(nameOrId: string, ctx: CallContext): Promise<WireImage>;
  /** All flavors with their sizes. */
  flavorFacts(ctx: CallContext): Promise<readonly WireFlavor[]>;
  /** All `router:external` networks that the project sees. */
  externalNetworks(ctx: CallContext): Promise<readonly WireNamed[]>;
  /** Id of a `router:external` network. @throws Stopped `ExternalNetworkNotFound`, `ExternalNetworkAmbiguous`. */
  externalNetwork(nameOrId: string, ctx: CallContext): Promise<string>;
  /** Forgets everything: something that was found is not there any more. */
  forget(): void;
}

const REMEMBERED_MS = 60_000;
const LOOK_UP_TIMEOUT_MS = 60_000;
const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

interface Noun {
  /** For messages, and in PascalCase for failure types. */
  readonly word: string;
  readonly type: string;
  readonly remedy: string;
}

const FLAVOR: Noun = { word: 'flavor', type: 'Flavor', remedy: '`openstack flavor list` shows them.' };
const IMAGE: Noun = { word: 'image', type: 'Image', remedy: '`openstack image list` shows them.' };
const EXTERNAL_NETWORK: Noun = {
  word: 'external network',
  type: 'ExternalNetwork',
  remedy: '`openstack network list --external` shows them; a network without router:external cannot be a gateway.',
};

export function createNames(cloud: Cloud, clock: Clock): Names {
  const memory = new Memory(clock);
  const image = async (name: string, ctx: CallContext): Promise<WireImage> =>
    theOnly(await memory.recall(`image ${name}`, () => findImages(cloud, name), ctx), IMAGE, name);
  const externalNetworks = (ctx: CallContext): Promise<readonly WireNamed[]> =>
    memory.recall('external networks', () => listExternalNetworks(cloud), ctx);
  return {
    flavor: async (name, ctx) => {
      const all = await memory.recall('flavors', () => listFlavors(cloud), ctx);
      const fresh = matches(all, name).length > 0 ? all : await memory.renew('flavors', () => listFlavors(cloud), ctx);
      return theOnly(matches(fresh, name), FLAVOR, name).id;
    },
    flavors: (ctx) => memory.recall('flavors', () => listFlavors(cloud), ctx),
    flavorFacts: (ctx) => memory.recall('flavor facts', () => listFlavorFacts(cloud), ctx),
    image: async (name, ctx) => (await image(name, ctx)).id,
    imageFacts: image,
    externalNetworks,
    externalNetwork: async (name, ctx) =>
      theOnly(matches(await externalNetworks(ctx), name), EXTERNAL_NETWORK, name).id,
    forget: () => memory.clear(),
  };
}

async function listFlavors(cloud: Cloud): Promise<readonly WireNamed[]> {
  return cloud.list<WireNamed>({ service: 'compute', path: '/flavors' }, 'flavors', lookUpContext());
}

function listFlavorFacts(cloud: Cloud): Promise<WireFlavor[]> {
  return cloud.list<WireFlavor>({ service: 'compute', path: '/flavors/detail' }, 'flavors', lookUpContext());
}

function listExternalNetworks(cloud: Cloud): Promise<readonly WireNamed[]> {
  const query = new URLSearchParams([
    ['router:external', 'true'],
    ['fields', 'id'],
    ['fields', 'name'],
  ]);
  return cloud.list<WireNamed>({ service: 'network', path: '/networks', query }, 'networks', lookUpContext());
}

/** Asked for one by one: a public cloud has thousands. */
async function findImages(cloud: Cloud, name: string): Promise<readonly WireImage[]> {
  const byId = UUID.test(name) ? await getImage(cloud, name) : undefined;
  if (byId) return [byId];
  const query = new URLSearchParams({ name });
  const named = await cloud.list<WireImage>({ service: 'image', path: '/images', query }, 'images', lookUpContext());
  const active = named.filter(({ status }) => status === 'active');
  const [other] = named;
  if (active.length === 0 && other) throw imageNotActive(name, other.status);
  return active;
}

async function getImage(cloud: Cloud, id: string): Promise<WireImage | undefined> {
  try {
    return await cloud.get<WireImage>({ service: 'image', path: `/images/${id}` }, lookUpContext());
  } catch (error) {
    if (isRefused(error, 404)) return undefined;
    throw error;
  }
}

/** An id wins over a name: nobody can make another object with it. */
function matches(all: readonly WireNamed[], nameOrId: string): readonly WireNamed[] {
  const byId = all.filter(({ id }) => id === nameOrId);
  return byId.length > 0 ? byId : all.filter(({ name }) => name === nameOrId);
}

function theOnly<T extends WireNamed>(found: readonly T[], noun: Noun, wanted: string): T {
  const [only, ...others] = found;
  if (!only) {
    throw new Stopped({
      class: 'permanent',
      type: `${noun.type}NotFound`,
      message: `there is no ${noun.word} "${wanted}" that the project may use`,
      remedy: `Correct the name or id. ${noun.remedy}`,
    });
  }
  if (others.length > 0) throw ambiguous(found, noun, wanted);
  return only;
}

function ambiguous(found: readonly WireNamed[], noun: Noun, wanted: string): Stopped {
  return new Stopped({
    class: 'permanent',
    type: `${noun.type}Ambiguous`,
    message: `"${wanted}" is the name of ${found.length} ${noun.word}s: ${found.map(({ id }) => id).join(', ')}`,
    remedy: 'Name it by its id.',
  });
}

function imageNotActive(name: string, status: string): Stopped {
  return new Stopped({
    class: 'permanent',
    type: 'ImageNotActive',
    message: `image "${name}" cannot be used: its status is ${status}`,
    remedy: 'Wait until it is active, or name another one.',
  });
}

/** A look-up serves many callers and outlives any of them. */
function lookUpContext(): CallContext {
  return { signal: AbortSignal.timeout(LOOK_UP_TIMEOUT_MS), beforeEffect: () => Promise.resolve() };
}

interface Remembered {
  readonly found: readonly WireNamed[];
  readonly until: number;
}

class Memory {
  readonly #clock: Clock;
  readonly #known = new Map<string, Remembered>();
  readonly #flights = new Map<string, SingleFlight<readonly WireNamed[]>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param key each has one shape of its own */
  async recall<T extends WireNamed>(
    key: string,
    lookUp: () => Promise<readonly T[]>,
    ctx: CallContext,
  ): Promise<readonly T[]> {
    const known = this.#known.get(key);
    if (known && this.#clock.now() < known.until) return known.found as readonly T[]; // the key tells the shape
    return this.renew(key, lookUp, ctx);
  }

  /** Only what was found is remembered: a missing image may be uploaded the next moment. */
  renew<T extends WireNamed>(
    key: string,
    lookUp: () => Promise<readonly T[]>,
    ctx: CallContext,
  ): Promise<readonly T[]> {
    const flight = this.#flights.get(key) ?? new SingleFlight();
    this.#flights.set(key, flight);
    const fetch = async (): Promise<readonly T[]> => {
      const found = await lookUp();
      if (found.length > 0) this.#known.set(key, { found, until: this.#clock.now() + REMEMBERED_MS });
      return found;
    };
    return flight.run(fetch, ctx.signal) as Promise<readonly T[]>; // as above: one key, one shape
  }

  clear(): void {
    this.#known.clear();
  }
}

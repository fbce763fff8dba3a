/**
 * Changing a living server, one order at a time: first out of a state in which nothing else is possible, then its size,
 * then the rest. What comes first is decided by a pure function; the order is given by `createServerChanger`.
 *
 * Nova answers a resize with 202 and may give it up later: the server is then as before, and only its list of actions
 * says so (to members without the reason). So what was ordered is remembered with the id of its request, and looked up
 * there before the same is ordered again. After a confirmation a server stays VERIFY_RESIZE for as long as it takes to
 * tidy up its old host, with nothing to show that it is being done; that is remembered too. The memory may be lost:
 * then the order is given once more, and Nova refuses or repeats it.
 */

import type { Json, JsonObject } from '../../domain/json.ts';
import type { CallContext, Change, ResourceRef } from '../../ports/driver.ts';
import type { Clock } from './clock.ts';
import type { Cloud } from './cloud.ts';
import { isRefused, Refused, Stopped } from './errors.ts';
import type { Names } from './names.ts';
import { failedAction } from './server-actions.ts';
import { hasFlavor, WAY_TO_ACTIVE, wantedGroups } from './server-comparing.ts';
import type { WireInstanceAction } from './wire.ts';

export type Order =
  | { readonly do: (typeof WAY_TO_ACTIVE)[keyof typeof WAY_TO_ACTIVE] | 'confirmResize' | 'revertResize' }
  | { readonly do: 'resize'; readonly flavor: string }
  | { readonly do: 'attach' }
  | { readonly do: 'groups'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly do: 'metadata'; readonly set: JsonObject; readonly remove: readonly string[] }
  | { readonly do: 'rename'; readonly name: string };

/** What comes first; undefined when nothing of it can be changed on a living server. */
export function nextOrder({ wanted, observed, differences }: Change): Order | undefined {
  const wrong = new Map(differences.filter(({ fix }) => fix === 'update').map((each) => [each.field, each]));
  const status = String(observed['status']);
  if (status === 'VERIFY_RESIZE') return { do: hasFlavor(wanted, observed) ? 'confirmResize' : 'revertResize' };
  const way = Object.entries(WAY_TO_ACTIVE).find(([state]) => state === status)?.[1];
  if (way) return { do: way };
  if (wrong.has('flavor')) return { do: 'resize', flavor: String(wanted['flavor']) };
  if (wrong.has('interface')) return { do: 'attach' };
  const groups = wrong.get('security_groups')?.actual;
  if (groups !== undefined) return groupsOrder(wantedGroups(wanted), Array.isArray(groups) ? groups.map(String) : []);
  const metadata = [...wrong.values()].filter(({ field }) => field.startsWith(METADATA));
  if (metadata.length > 0) return metadataOrder(metadata);
  return wrong.has('name') ? { do: 'rename', name: String(wanted['name']) } : undefined;
}

const METADATA = 'metadata.';

function groupsOrder(wanted: readonly string[], actual: readonly string[]): Order {
  return {
    do: 'groups',
    add: wanted.filter((group) => !actual.includes(group)),
    remove: actual.filter((group) => !wanted.includes(group)),
  };
}

function metadataOrder(wrong: readonly { field: string; wanted: Json }[]): Order {
  const items = wrong.map(({ field, wanted }) => [field.slice(METADATA.length), wanted] as const);
  return {
    do: 'metadata',
    set: Object.fromEntries(items.filter(([, value]) => value !== null)),
    remove: items.filter(([, value]) => value === null).map(([key]) => key),
  };
}

export interface ServerChanger {
  /** @throws Stopped when Nova gave up what was ordered the last time, in its own words. */
  update(ref: ResourceRef, change: Change, ctx: CallContext): Promise<void>;
  /** What was ordered and is being done although the server does not show it; undefined otherwise. */
  underWay(id: string, status: string): string | undefined;
}

interface Tools {
  readonly cloud: Cloud;
  readonly names: Names;
  readonly clock: Clock;
}

export function createServerChanger(tools: Tools): ServerChanger {
  const given = new Map<string, Given>();
  return {
    async update(ref, change, ctx) {
      const order = nextOrder(change);
      if (!order) return;
      const id = ref.providerId;
      const last = given.get(id);
      given.delete(id);
      if (last && isSame(last, order) && !isOld(last, tools.clock)) {
        await throwIfGivenUp(last, { id, order, name: String(change.observed['name']) }, { ...tools, ctx });
      }
      const requestId = await give(order, { id, change }, { ...tools, ctx });
      if (given.size >= MOST_REMEMBERED)
        for (const [old, each] of given) if (isOld(each, tools.clock)) given.delete(old);
      given.set(id, { order, requestId, at: tools.clock.now() });
    },
    underWay(id, status) {
      const last = given.get(id);
      if (last?.order.do !== 'confirmResize') return undefined;
      const isConfirming = status === 'VERIFY_RESIZE';
      // It is done, and a later resize will have to be confirmed anew.
      if (!isConfirming) given.delete(id);
      return isConfirming && tools.clock.now() - last.at < CONFIRMING_MS ? last.order.do : undefined;
    },
  };
}

interface Given {
  readonly order: Order;
  readonly requestId: string | undefined;
  readonly at: number;
}

/** Beyond it, whoever orders the same again means it anew. */
const REMEMBERED_MS = 10 * 60_000;

const MOST_REMEMBERED = 1000;

/** A confirmation that takes longer is looked into. */
const CONFIRMING_MS = 3 * 60_000;

function isOld({ at }: Given, clock: Clock): boolean {
  return clock.now() - at > REMEMBERED_MS;
}

function isSame(last: Given, order: Order): boolean {
  return JSON.stringify(last.order) === JSON.stringify(order);
}

interface Subject {
  readonly id: string;
  readonly name: string;
  readonly order: Order;
}

type Hands = Tools & { readonly ctx: CallContext };

/** The same is to be ordered again, so it had no effect: was it given up, or undone by somebody? */
async function throwIfGivenUp({ requestId }: Given, { id, name, order }: Subject, hands: Hands): Promise<void> {
  if (requestId === undefined) return;
  const path = `/servers/${id}/os-instance-actions/${requestId}`;
  try {
    const answer = await hands.cloud.get<{ instanceAction: WireInstanceAction }>(
      { service: 'compute', path },
      hands.ctx,
    );
    const failure = failedAction(answer.instanceAction, { server: name, order });
    if (failure) throw new Stopped(failure);
  } catch (error) {
    // Not every order is an action in Nova's list (a changed name is none): then there is nothing to be known.
    if (!isRefused(error, 404)) throw error;
  }
}

interface Target {
  readonly id: string;
  readonly change: Change;
}

async function give(order: Order, { id, change }: Target, hands: Hands): Promise<string | undefined> {
  switch (order.do) {
    case 'resize':
      return resize(id, order.flavor, hands);
    case 'attach':
      return attach(id, change.wanted, hands);
    case 'groups':
      return changeGroups(id, order, hands);
    case 'metadata':
      return changeMetadata({ id, change }, order, hands);
    case 'rename':
      return call({ method: 'PUT', path: `/servers/${id}`, body: { server: { name: order.name } } }, hands);
    case 'confirmResize':
      return unlessRefused(act(id, { confirmResize: null }, hands), 400, /has not been resized/);
    default:
      return act(id, { [order.do]: null }, hands);
  }
}

interface Request {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: JsonObject;
}

/** @returns the id under which Nova keeps it in the server's list of actions */
async function call({ method, path, body }: Request, { cloud, ctx }: Hands): Promise<string | undefined> {
  const { requestId } = await cloud.order(method, { service: 'compute', path, body }, ctx);
  return requestId;
}

function act(id: string, body: JsonObject, hands: Hands): Promise<string | undefined> {
  return call({ method: 'POST', path: `/servers/${id}/action`, body }, hands);
}

async function resize(id: string, flavor: string, hands: Hands): Promise<string | undefined> {
  const flavorRef = await hands.names.flavor(flavor, hands.ctx);
  try {
    return await act(id, { resize: { flavorRef } }, hands);
  } catch (error) {
    if (isRefused(error, 400)) hands.names.forget(); // the flavor was replaced meanwhile
    throw error;
  }
}

function attach(id: string, { network_id, fixed_ip }: JsonObject, hands: Hands): Promise<string | undefined> {
  const fixed = fixed_ip === undefined ? {} : { fixed_ips: [{ ip_address: fixed_ip }] };
  const body = { interfaceAttachment: { net_id: String(network_id), ...fixed } };
  return call({ method: 'POST', path: `/servers/${id}/os-interface`, body }, hands);
}

/** One call for each group; first those that are added, so that it is never without any. */
async function changeGroups(
  id: string,
  { add, remove }: Order & { do: 'groups' },
  hands: Hands,
): Promise<string | undefined> {
  for (const name of add) {
    await unlessRefused(act(id, { addSecurityGroup: { name } }, hands), 400, /Duplicate items in the list/);
  }
  for (const name of remove) {
    await unlessRefused(act(id, { removeSecurityGroup: { name } }, hands), 404, /not associated with the instance/);
  }
  return undefined;
}

/** POST adds to what is there and PUT replaces all of it: whatever somebody adds just then is safe from the first only. */
function changeMetadata(
  { id, change }: Target,
  { set, remove }: Order & { do: 'metadata' },
  hands: Hands,
): Promise<string | undefined> {
  const path = `/servers/${id}/metadata`;
  if (remove.length === 0) return call({ method: 'POST', path, body: { metadata: set } }, hands);
  const all = { ...(change.observed['metadata'] as JsonObject), ...set }; // as the reading wrote it
  const kept = Object.fromEntries(Object.entries(all).filter(([key]) => !remove.includes(key)));
  return call({ method: 'PUT', path, body: { metadata: kept } }, hands);
}

/** It was done before: by a call whose answer was lost, or by another worker. */
async function unlessRefused<T>(deed: Promise<T>, status: number, words: RegExp): Promise<T | undefined> {
  try {
    return await deed;
  } catch (error) {
    if (error instanceof Refused && error.status === status && words.test(error.envelope.message)) return undefined;
    throw error;
  }
}

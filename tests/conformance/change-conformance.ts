/**
 * What every driver must do with a living object: find no difference where there is none, name each that there is, take it
 * away call by call, and do nothing for a worker that lost its lease.
 */

import { isDeepStrictEqual } from 'node:util';

import { expect, it } from 'vitest';

import type { JsonObject } from '../../src/domain/json.ts';
import type { CallContext, Change, Driver } from '../../src/ports/driver.ts';
import { LeaseLost } from '../../src/ports/driver.ts';
import type { Bench, ConformanceTarget, Order } from './bench.ts';
import { freeContext } from './sweep.ts';

export function describeChanges(target: ConformanceTarget, bench: Bench): void {
  for (const order of target.orders) {
    it(`finds that ${order.key} is as it was ordered`, async () => {
      expect(await differencesOf(bench, order, order.wanted(bench.made))).toEqual([]);
    });
  }

  for (const change of target.changes) {
    it(`sees and makes a change of ${change.title}, and takes it back`, async () => {
      const order = bench.orderOf(change.key);
      const wanted = change.wanted(bench.made);
      const differences = await differencesOf(bench, order, wanted);
      expect(differences.map(({ field }) => field)).toEqual(change.fields);
      expect(await bench.converge(order, wanted)).toBeGreaterThan(0);
      expect(await differencesOf(bench, order, wanted)).toEqual([]);
      const driver = bench.driver(order.kind);
      const former = order.wanted(bench.made);
      const changed = Object.keys(wanted).filter((name) => !isDeepStrictEqual(wanted[name], former[name]));
      expect(driver.updatable).toEqual(expect.arrayContaining(changed));
      expect(await bench.converge(order, order.wanted(bench.made))).toBeGreaterThan(0);
    });

    if (change.alsoLost !== true) continue;
    it(`loses the answer to a change of ${change.title}, and makes it all the same`, async () => {
      const order = bench.orderOf(change.key);
      const wanted = change.wanted(bench.made);
      const { driver, ref, now } = await changeOf(bench, order, wanted);
      bench.tap.loseNextAnswer(({ method }) => method !== 'GET');
      const failure = await bench.failureOf(order.kind, async () => driver.update?.(ref, now, freeContext()));
      expect(failure).toMatchObject({ class: 'unknown-outcome' });
      await bench.converge(order, wanted);
      await bench.converge(order, order.wanted(bench.made));
    });
  }

  it('changes nothing for a worker that lost its lease', async () => {
    const frozen: CallContext = { ...freeContext(), beforeEffect: () => Promise.reject(new LeaseLost('run')) };
    for (const change of target.changes) {
      const { driver, ref, now } = await changeOf(bench, bench.orderOf(change.key), change.wanted(bench.made));
      const before = bench.tap.calls.length;
      await expect(driver.update?.(ref, now, frozen)).rejects.toThrow(LeaseLost);
      expect(bench.tap.calls.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
    }
  });
}

async function differencesOf(bench: Bench, order: Order, wanted: JsonObject) {
  const observed = await bench.observe(order, bench.made(order.key));
  if (!observed) throw new Error(`${order.key} is gone`);
  return bench.driver(order.kind).compare?.(wanted, observed, bench.outputs.get(order.key) ?? {}) ?? [];
}

interface Ready {
  readonly driver: Driver;
  readonly ref: ReturnType<Bench['refOf']>;
  readonly now: Change;
}

/** What a driver is given when it is asked for that change. */
async function changeOf(bench: Bench, order: Order, wanted: JsonObject): Promise<Ready> {
  const ref = { ...bench.refOf(order, bench.made(order.key)), wanted };
  const observed = await bench.observe(order, ref.providerId);
  const differences = await differencesOf(bench, order, wanted);
  return { driver: bench.driver(order.kind), ref, now: { wanted, observed: observed ?? {}, differences } };
}

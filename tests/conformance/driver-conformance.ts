/**
 * What every driver of every region must do, whatever the cloud: the promises of `ports/driver.ts` that runs rely on when
 * they adopt, roll back, sweep and retry. The same suite runs against a simulator and against real services, so that
 * neither a driver nor a simulator can make up its own cloud.
 *
 * A target tells what to order (one whole stack, dependencies first) and gives a region whose wire is tapped: the suite
 * reads the very bytes that left and loses answers at will.
 */

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sameMark } from '../../src/domain/owner-mark.ts';
import type { CallContext } from '../../src/ports/driver.ts';
import { LeaseLost } from '../../src/ports/driver.ts';
import type { ConformanceTarget, Order } from './bench.ts';
import { Bench } from './bench.ts';
import { describeChanges } from './change-conformance.ts';
import { describeForesight } from './foresight-conformance.ts';
import { freeContext } from './sweep.ts';

/** Registers the suite. */
export function describeDriverConformance(target: ConformanceTarget): void {
  describe(`drivers of ${target.name}`, () => {
    const bench = new Bench(target);
    beforeAll(() => bench.open());
    afterAll(() => bench.close());
    describeMaking(target, bench);
    describeForesight(target, bench);
    describeChanges(target, bench);
    describeTwins(target, bench);
    describeRefusals(target, bench);
    describeLostAnswers(target, bench);
    describeRemoving(target, bench);
  });
  describe(`quota of ${target.name}`, () => {
    describeQuota(target);
  });
}

function describeMaking(target: ConformanceTarget, bench: Bench): void {
  for (const order of target.orders) {
    it(`makes ${order.kind}, its mark in the first call that changes anything`, async () => {
      const before = bench.tap.calls.length;
      await bench.make(order);
      const [first, ...others] = bench.tap.calls.slice(before).filter(({ method }) => method !== 'GET');
      expect(others).toEqual([]);
      if (order.mark === 'own') {
        expect(first?.body).toContain(bench.owner);
        expect(first?.body).toContain(order.key);
      }
    });

    it(`finds that ${order.kind} by its owner, exactly once`, async () => {
      const found = (await bench.find(order)).filter(({ mark }) => sameMark(mark, bench.markOf(order)));
      expect(found.map(({ providerId }) => providerId)).toEqual([bench.made(order.key)]);
      expect(found[0]?.kind).toBe(order.kind);
      expect(Date.parse(found[0]?.createdAt ?? '')).toBeGreaterThan(Date.now() - 3600_000);
    });

    it(`sees that ${order.kind} become ready and report its facts`, async () => {
      const assessment = await bench.settle(order);
      expect(assessment).toMatchObject({ state: 'ready' });
      if (assessment.state === 'ready') bench.outputs.set(order.key, assessment.outputs);
      const read = await bench.observe(order, bench.made(order.key));
      expect(read).toBeDefined();
    });
  }

  it('finds nothing of an owner who has nothing', async () => {
    const stranger = randomUUID();
    for (const { kind } of target.orders) {
      expect(await bench.driver(kind).find(stranger, freeContext())).toEqual([]);
    }
  });

  it('observes nothing where nothing is', async () => {
    for (const order of target.orders) expect(await bench.observe(order, randomUUID())).toBeUndefined();
  });

  it('serves every kind that it names', () => {
    for (const kind of bench.region.kinds) expect(bench.region.driver(kind)?.kind).toBe(kind);
  });

  it('answers a ping with a latency', async () => {
    const { latencyMs } = await bench.region.ping(AbortSignal.timeout(30_000));
    expect(latencyMs).toBeGreaterThanOrEqual(0);
  });
}

function describeTwins(target: ConformanceTarget, bench: Bench): void {
  for (const order of target.orders) {
    const { twin } = order;
    if (twin) {
      it(`finds two of ${order.kind} when the call that makes it was made twice`, async () => {
        const { providerId } = await bench.create(order, twin(bench.made));
        const found = (await bench.find(order)).filter(({ mark }) => sameMark(mark, bench.markOf(order)));
        expect(found.map((each) => each.providerId).toSorted()).toEqual([providerId, bench.made(order.key)].toSorted());
        await bench.removeUntilGone(order, providerId);
        expect(await bench.find(order)).toHaveLength(1);
      });
    } else {
      it(`answers the same ${order.kind} when the call that makes it is made twice`, async () => {
        const { providerId } = await bench.create(order, order.wanted(bench.made));
        expect(providerId).toBe(bench.made(order.key));
        expect(await bench.find(order)).toHaveLength(1);
      });
    }
  }
}

function describeRefusals(target: ConformanceTarget, bench: Bench): void {
  for (const refusal of target.refusals) {
    it(`says ${refusal.failure.type} for ${refusal.title}`, async () => {
      const failure = await bench.refuse(refusal);
      expect(failure).toMatchObject(refusal.failure);
      expect(failure?.message).toMatch(refusal.words);
    });
  }

  for (const [key, type] of Object.entries(target.inUse)) {
    it(`says in use for removing ${key} while others stand on it`, async () => {
      const order = bench.orderOf(key);
      const failure = await bench.failureOf(order.kind, () => bench.remove(order, bench.made(key)));
      expect(failure).toMatchObject({ class: 'in-use', type });
      expect(failure?.requestId).toMatch(/^req-/);
    });
  }

  it('sends nothing for a worker that lost its lease', async () => {
    for (const order of target.orders) {
      const before = bench.tap.calls.length;
      const frozen: CallContext = { ...freeContext(), beforeEffect: () => Promise.reject(new LeaseLost('run')) };
      const driver = bench.driver(order.kind);
      await expect(driver.create(order.wanted(bench.made), bench.markOf(order), frozen)).rejects.toThrow(LeaseLost);
      await expect(driver.remove(bench.refOf(order, bench.made(order.key)), frozen)).rejects.toThrow(LeaseLost);
      expect(bench.tap.calls.slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
    }
  });

  it('does not start what was aborted', async () => {
    const order = target.orders[0]!;
    const before = bench.tap.calls.length;
    const ctx: CallContext = { ...freeContext(), signal: AbortSignal.abort() };
    const failure = await bench.failureOf(order.kind, () =>
      bench.driver(order.kind).create(order.wanted(bench.made), bench.markOf(order), ctx),
    );
    expect(failure?.class).toBe('transient');
    expect(bench.tap.calls.slice(before)).toEqual([]);
  });
}

function describeLostAnswers(target: ConformanceTarget, bench: Bench): void {
  for (const order of target.orders) {
    it(`calls a lost answer to making ${order.kind} an unknown outcome, and finds what it made`, async () => {
      const again: Order = { ...order, key: order.twin ? `${order.key}-lost` : order.key };
      if (!order.twin) await bench.removeUntilGone(order, bench.made(order.key));
      bench.tap.loseNextAnswer(({ method }) => method !== 'GET');
      const wanted = (order.twin ?? order.wanted)(bench.made);
      const failure = await bench.failureOf(order.kind, () => bench.create(again, wanted));
      expect(failure).toMatchObject({ class: 'unknown-outcome' });
      const found = (await bench.find(again)).filter(({ mark }) => mark.key === again.key);
      expect(found).toHaveLength(1);
      if (order.twin) await bench.removeUntilGone(again, found[0]!.providerId);
      else bench.note(order.key, found[0]!.providerId);
    });
  }
}

function describeRemoving(target: ConformanceTarget, bench: Bench): void {
  for (const order of target.orders.toReversed()) {
    it(`removes ${order.key}, and says gone when asked again`, async () => {
      const providerId = bench.made(order.key);
      await bench.removeUntilGone(order, providerId);
      expect(await bench.remove(order, providerId)).toBe('gone');
      expect(await bench.find(order)).toEqual([]);
    });
  }
}

function describeQuota(target: ConformanceTarget): void {
  it('says QuotaExceeded, for good, in the words of the cloud', async () => {
    const bench = new Bench(target, 'tiny');
    await bench.open();
    try {
      const last = target.overQuota.at(-1)!;
      for (const order of target.overQuota.slice(0, -1)) await bench.make(order);
      const failure = await bench.failureOf(last.kind, () => bench.create(last, last.wanted(bench.made)));
      expect(failure).toMatchObject({ class: 'permanent', type: 'QuotaExceeded' });
      expect(failure?.message).toMatch(/quota/i);
      for (const order of target.overQuota.slice(0, -1).toReversed()) {
        await bench.removeUntilGone(order, bench.made(order.key));
      }
    } finally {
      await bench.close();
    }
  });
}

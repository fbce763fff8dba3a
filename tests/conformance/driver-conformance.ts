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

import type { Failure } from '../../src/domain/failure.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { OwnerMark } from '../../src/domain/owner-mark.ts';
import { sameMark } from '../../src/domain/owner-mark.ts';
import type { Assessment, CallContext, Driver, Found, Region, ResourceRef } from '../../src/ports/driver.ts';
import { LeaseLost } from '../../src/ports/driver.ts';
import { eventually, freeContext, removeUntilGone, sweepRegion } from './sweep.ts';
import type { WireTap } from './wire-tap.ts';

/** Provider ids of what was made so far, by key. */
export type Made = (key: string) => string;

export interface Order {
  readonly key: string;
  readonly kind: string;
  wanted(made: Made): JsonObject;
  /** `own`: the call that makes it carries the mark; `neighbours`: the marks of what it joins tell whose it is. */
  readonly mark: 'own' | 'neighbours';
  /** A second object that the cloud accepts beside the first one; absent when the cloud can hold only one. */
  twin?(made: Made): JsonObject;
}

export interface Refusal {
  readonly title: string;
  readonly kind: string;
  wanted(made: Made, region: ConformanceRegion): JsonObject | Promise<JsonObject>;
  readonly failure: Pick<Failure, 'class' | 'type'>;
  /** Found in the message: the cloud's own words or ours. */
  readonly words: RegExp;
  /** Refused by the create call, or only found out later by what is observed. */
  readonly when: 'created' | 'observed';
}

export interface ConformanceRegion {
  readonly region: Region;
  readonly tap: WireTap;
  /** Makes what a refusal needs and a driver cannot; known to the target's own refusals. */
  readonly prepare: Readonly<Record<string, () => Promise<string>>>;
  cleanup(): Promise<void>;
}

export interface ConformanceTarget {
  readonly name: string;
  /** A region that holds nothing of anybody's. @param quota `tiny`: room for one network. */
  makeRegion(quota?: 'tiny'): Promise<ConformanceRegion>;
  /** A whole stack, dependencies first. */
  readonly orders: readonly Order[];
  /** Asked for while the whole stack stands. */
  readonly refusals: readonly Refusal[];
  /** Keys that cannot be removed while the whole stack stands, with the refusal's own type. */
  readonly inUse: Readonly<Record<string, string>>;
  /** Orders that exceed the tiny quota, all but the last of them being accepted. */
  readonly overQuota: readonly Order[];
}

/** Registers the suite. */
export function describeDriverConformance(target: ConformanceTarget): void {
  describe(`drivers of ${target.name}`, () => {
    const bench = new Bench(target);
    beforeAll(() => bench.open());
    afterAll(() => bench.close());
    describeMaking(target, bench);
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

/** One region, one owner, and what was made for it. */
class Bench {
  readonly owner = randomUUID();
  readonly #target: ConformanceTarget;
  readonly #quota: 'tiny' | undefined;
  readonly #made = new Map<string, string>();
  #opened: ConformanceRegion | undefined;

  constructor(target: ConformanceTarget, quota?: 'tiny') {
    this.#target = target;
    this.#quota = quota;
  }

  readonly made: Made = (key) => {
    const id = this.#made.get(key);
    if (id === undefined) throw new Error(`${key} was not made: an earlier test failed`);
    return id;
  };

  async open(): Promise<void> {
    this.#opened = await this.#target.makeRegion(this.#quota);
  }

  async close(): Promise<void> {
    if (!this.#opened) return;
    await sweepRegion(this.region, this.owner);
    await this.#opened.cleanup();
  }

  get region(): Region {
    return this.#open.region;
  }

  get tap(): WireTap {
    return this.#open.tap;
  }

  get #open(): ConformanceRegion {
    if (!this.#opened) throw new Error('the region is not open');
    return this.#opened;
  }

  driver(kind: string): Driver {
    const driver = this.region.driver(kind);
    if (!driver) throw new Error(`region ${this.region.name} has no driver for ${kind}`);
    return driver;
  }

  orderOf(key: string): Order {
    return this.#target.orders.find((order) => order.key === key)!;
  }

  markOf({ key }: Order): OwnerMark {
    return { owner: this.owner, key, generation: 1 };
  }

  refOf(order: Order, providerId: string): ResourceRef {
    return { providerId, mark: this.markOf(order), wanted: order.wanted(this.made) };
  }

  note(key: string, providerId: string): void {
    this.#made.set(key, providerId);
  }

  create(order: Order, wanted: JsonObject): ReturnType<Driver['create']> {
    return this.driver(order.kind).create(wanted, this.markOf(order), freeContext());
  }

  async make(order: Order): Promise<void> {
    const { providerId } = await this.create(order, order.wanted(this.made));
    this.note(order.key, providerId);
  }

  find(order: Order): Promise<Found[]> {
    return this.driver(order.kind).find(this.owner, freeContext());
  }

  async observe(order: Order, providerId: string): Promise<JsonObject | undefined> {
    const ref: ResourceRef = { providerId, mark: this.markOf(order), wanted: order.wanted(this.made) };
    return (await this.driver(order.kind).observe([ref], freeContext())).get(providerId);
  }

  /** Looks until it is ready or failed. */
  settle(order: Order, providerId = this.made(order.key)): Promise<Assessment> {
    return eventually(`${order.key} is settled`, async () => {
      const observed = await this.observe(order, providerId);
      const assessment = observed && this.driver(order.kind).assess(order.wanted(this.made), observed);
      return assessment?.state === 'pending' ? undefined : assessment;
    });
  }

  remove(order: Order, providerId: string): Promise<'gone' | 'accepted'> {
    return this.driver(order.kind).remove(this.refOf(order, providerId), freeContext());
  }

  removeUntilGone(order: Order, providerId: string): Promise<void> {
    return removeUntilGone(this.driver(order.kind), this.refOf(order, providerId));
  }

  async failureOf(kind: string, deed: () => Promise<unknown>): Promise<Failure | undefined> {
    try {
      await deed();
      return undefined;
    } catch (error) {
      return this.driver(kind).classify(error);
    }
  }

  /** The failure of an order that must not succeed; what it made nevertheless is removed. */
  async refuse(refusal: Refusal): Promise<Failure | undefined> {
    const wanted = await refusal.wanted(this.made, this.#open);
    const order: Order = { key: 'refused', kind: refusal.kind, mark: 'own', wanted: () => wanted };
    if (refusal.when === 'created') return this.failureOf(refusal.kind, () => this.create(order, wanted));
    const { providerId } = await this.create(order, wanted);
    const assessment = await this.settle(order, providerId);
    await this.removeUntilGone(order, providerId);
    return assessment.state === 'failed' ? assessment.failure : undefined;
  }
}

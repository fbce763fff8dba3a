/**
 * What a target of the conformance suites tells, and the bench on which the suites work: one region, one owner, and what
 * was made for it.
 */

import { randomUUID } from 'node:crypto';

import type { Failure } from '../../src/domain/failure.ts';
import type { Uses, Verdict } from '../../src/domain/feasibility.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { OwnerMark } from '../../src/domain/owner-mark.ts';
import type { Assessment, Driver, Found, Region, ResourceRef } from '../../src/ports/driver.ts';
import { converge } from './converge.ts';
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

/** A change of something that stands; the suite takes it back afterwards. */
export interface ChangeOrder {
  readonly title: string;
  readonly key: string;
  /** What becomes wanted of it. */
  wanted(made: Made): JsonObject;
  /** What differs then, as the driver names it. */
  readonly fields: readonly string[];
  /** Made once more, with its answer lost. */
  readonly alsoLost?: boolean;
}

/** A question before anything is made. */
export interface Question {
  readonly title: string;
  readonly kind: string;
  readonly wanted: JsonObject;
  /** Verdict and words of each check that must be among the answers. */
  readonly checks: Readonly<Record<string, readonly [verdict: Verdict, words: RegExp]>>;
  readonly uses: Uses;
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
  /** Ordered while the whole stack stands. */
  readonly changes: readonly ChangeOrder[];
  readonly questions: readonly Question[];
  /** What the region's quotas say while the whole stack stands, and how much of each the stack takes. */
  readonly quotas: Readonly<Record<string, { limit: number | null; used: number }>>;
  /** Asked for while the whole stack stands. */
  readonly refusals: readonly Refusal[];
  /** Keys that cannot be removed while the whole stack stands, with the refusal's own type. */
  readonly inUse: Readonly<Record<string, string>>;
  /** Orders that exceed the tiny quota, all but the last of them being accepted. */
  readonly overQuota: readonly Order[];
}

/** One region, one owner, and what was made for it. */
export class Bench {
  readonly owner = randomUUID();
  readonly #target: ConformanceTarget;
  readonly #quota: 'tiny' | undefined;
  readonly #made = new Map<string, string>();
  /** Facts of what became ready, by key. */
  readonly outputs = new Map<string, JsonObject>();
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

  /** Changes it until nothing differs, as runs do. @returns how often the driver was asked to */
  async converge(order: Order, wanted: JsonObject): Promise<number> {
    const ref = { ...this.refOf(order, this.made(order.key)), wanted };
    const end = await converge(this.driver(order.kind), ref, this.outputs.get(order.key) ?? {});
    this.outputs.set(order.key, end.outputs);
    return end.updates;
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

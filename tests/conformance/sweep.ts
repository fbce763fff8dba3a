/** Waiting and cleaning up, as the conformance suites need them: by looking, with a deadline, never by sleeping. */

import { setTimeout as delay } from 'node:timers/promises';

import type { CallContext, Driver, Region, ResourceRef } from '../../src/ports/driver.ts';

const PATIENCE_MS = 90_000;

/** Looks again and again until there is an answer. @throws Error after 90 s */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await delay(100);
  }
}

export function freeContext(): CallContext {
  return { signal: AbortSignal.timeout(60_000), beforeEffect: () => Promise.resolve() };
}

/** Removes one object and waits until it is no longer observed. */
export async function removeUntilGone(driver: Driver, ref: ResourceRef): Promise<void> {
  await driver.remove(ref, freeContext());
  await eventually(`${driver.kind} ${ref.mark.key} is gone`, async () =>
    (await driver.observe([ref], freeContext())).has(ref.providerId) ? undefined : true,
  );
}

/** Removes everything of an owner, as after a failed run: a failed test must not leave its things in somebody's cloud. */
export async function sweepRegion(region: Region, owner: string): Promise<void> {
  for (const kind of region.kinds) {
    const driver = region.driver(kind);
    if (!driver) throw new Error(`region ${region.name} names ${kind} and has no driver for it`);
    for (const { providerId, mark } of await driver.find(owner, freeContext())) {
      await removeUntilGone(driver, { providerId, mark, wanted: {} });
    }
  }
}

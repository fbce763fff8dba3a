/**
 * The look itself: everything of one kind is observed together, and what is not seen is looked for once more a moment
 * later, because lists lag.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { type DriftSubject, type Finding, findingOf } from '../domain/drift.ts';
import type { CallContext, Driver, Observed, Region, ResourceRef } from '../ports/driver.ts';

/** Between the two looks for what seems missing, in milliseconds. */
export const CONFIRM_AFTER_MS = 1_000;

/**
 * @throws what a driver throws: a look that did not see everything says nothing
 */
export async function findDrift(
  region: Region,
  subjects: readonly DriftSubject[],
  signal: AbortSignal,
  confirmAfterMs: number,
): Promise<Finding[]> {
  const byKind = new Map<string, DriftSubject[]>();
  for (const subject of subjects) {
    const list = byKind.get(subject.kind);
    if (list) list.push(subject);
    else byKind.set(subject.kind, [subject]);
  }
  const found = await Promise.all(
    [...byKind].map(async ([kind, some]) => {
      const driver = region.driver(kind);
      return driver ? compareKind(driver, some, lookOnly(signal), confirmAfterMs) : [];
    }),
  );
  return found.flat();
}

async function compareKind(
  driver: Driver,
  subjects: readonly DriftSubject[],
  context: CallContext,
  confirmAfterMs: number,
): Promise<Finding[]> {
  const seen = await observe(driver, subjects, context);
  const unseen = subjects.filter(({ providerId }) => providerId !== null && !seen.has(providerId));
  if (unseen.length > 0) {
    await delay(confirmAfterMs, undefined, { signal: context.signal });
    for (const [id, observed] of await observe(driver, unseen, context)) seen.set(id, observed);
  }
  const compare = driver.compare?.bind(driver);
  return subjects.flatMap(
    (subject) =>
      findingOf(subject, subject.providerId === null ? undefined : seen.get(subject.providerId), compare) ?? [],
  );
}

async function observe(
  driver: Driver,
  subjects: readonly DriftSubject[],
  context: CallContext,
): Promise<Map<string, Observed>> {
  const refs = subjects.flatMap(refOf);
  return refs.length === 0 ? new Map() : new Map(await driver.observe(refs, context));
}

function refOf({ owner, key, generation, providerId, wanted }: DriftSubject): ResourceRef[] {
  return providerId === null ? [] : [{ providerId, mark: { owner, key, generation }, wanted }];
}

/** For calls that change nothing. */
export function lookOnly(signal: AbortSignal): CallContext {
  return { signal, beforeEffect: () => Promise.reject(new Error('a look must not change anything')) };
}

/**
 * Looking for what already exists. Nodes of one kind that start together ask together: callers that come while a listing
 * is under way share the next one, so that twenty servers cost one or two list calls and not twenty.
 */

import { type OwnerMark, sameMark } from '../domain/owner-mark.ts';
import type { CallContext, Driver, Found } from '../ports/driver.ts';

export interface Finder {
  /** Objects that carry exactly this mark, oldest first, as of a listing that began after the call. */
  find(driver: Driver, mark: OwnerMark, context: CallContext): Promise<Found[]>;
}

interface Batch {
  readonly result: Promise<Found[]>;
  started: boolean;
}

export function createFinder(owner: string): Finder {
  const latest = new Map<string, Batch>();

  const listing = (driver: Driver, context: CallContext): Promise<Found[]> => {
    const current = latest.get(driver.kind);
    if (current && !current.started) return current.result;
    const before = current?.result.catch(() => {
      // Each caller of the earlier listing hears of its failure; the next one starts in any case.
    });
    const batch: Batch = {
      started: false,
      result: (before ?? Promise.resolve()).then(() => {
        batch.started = true;
        return driver.find(owner, context);
      }),
    };
    latest.set(driver.kind, batch);
    return batch.result;
  };

  return {
    async find(driver, mark, context) {
      const found = await listing(driver, context);
      return found
        .filter((object) => object.kind === driver.kind && sameMark(object.mark, mark))
        .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    },
  };
}

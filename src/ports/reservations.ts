/**
 * What accepted runs have reserved: quota that they will take and that the cloud does not count yet, and money that will be
 * spent. Nothing is booked anywhere: both are read from the plans of active runs and the ledger, so a run that ends, however
 * it ends, holds nothing any more.
 */

import type { FlavorCounts } from '../domain/cost.ts';
import type { Uses } from '../domain/feasibility.ts';
import type { Transaction } from './engine.ts';

export interface Reservation {
  readonly runId: string;
  readonly deploymentId: string;
  readonly uses: Uses;
}

export interface Reservations {
  /** The database's time, by which everything in the ledger is dated. */
  now(): Promise<string>;
  /**
   * Orders accepts in a region until the transaction ends: any number of `shared` ones at a time, or one `alone`.
   * To be called once in a transaction, before anything else.
   */
  order(transaction: Transaction, region: string, mode: 'shared' | 'alone'): Promise<void>;
  /** At least what is reserved, quickly: all that active runs take, also what the cloud counts already. */
  atMost(transaction: Transaction, region: string, since: string): Promise<Uses>;
  /**
   * What the cloud may not have counted at the time `since`: nodes that are still to start, whose answer is still open, or
   * whose answer came later than that. Those that it may have counted and may not have are in it too.
   */
  held(region: string, since: string, transaction?: Transaction): Promise<Reservation[]>;
  /** Servers by flavor, of everybody in the region: those that exist, and what accepted runs add. */
  flavors(region: string, transaction?: Transaction): Promise<{ running: FlavorCounts; accepted: FlavorCounts }>;
}

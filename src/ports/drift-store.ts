/**
 * What looks at whole regions leave in the database: which region was looked at when, where the cloud differs from the
 * ledger, and what in it has no owner. Every function is one committed change or one consistent reading.
 */

import type { NewCondition } from '../domain/condition.ts';
import type { Condition } from '../domain/deployment.ts';
import type { DriftChange, DriftSubject, Finding, RecordedFinding } from '../domain/drift.ts';
import type { RegionSight } from '../domain/healing.ts';
import type { OrphanVerdict, Stray } from '../domain/orphans.ts';
import type { Found } from './driver.ts';

/** The right to look at a region; it ends by itself after some minutes. */
export interface CheckLease {
  readonly region: string;
  readonly token: string;
}

export interface RegionCheck {
  /** RFC 3339; of the last look that saw everything. */
  readonly checkedAt: string | null;
  /** Why the last look did not. */
  readonly error: string | null;
  /** Why the last sweep did not begin. */
  readonly brake: string | null;
}

export interface RegionCheckStore {
  /** Takes the look at a region if it is due and nobody else has it. A heal that ended since the last look makes it due. */
  take(region: string, token: string): Promise<CheckLease | undefined>;
  /** Ends the look and says when the next one is due. */
  finish(
    lease: CheckLease,
    end: { readonly nextInMs: number } & (
      | { readonly error: string }
      | { readonly resources: number; readonly marked: number; readonly brake: string | null }
    ),
  ): Promise<void>;
  get(region: string): Promise<RegionCheck>;
}

/** A region, or of it one deployment only. */
export interface DriftScope {
  readonly region: string;
  readonly owner?: string;
}

export interface DriftStore {
  /**
   * Living resources of deployments that are at rest.
   * @returns with a time of the database's clock before the reading, to be handed to `record`
   */
  subjects(scope: DriftScope): Promise<{ readonly asOf: string; readonly subjects: readonly DriftSubject[] }>;
  /**
   * Takes the findings of a look in the place of earlier ones, with events and conditions for what is new. Deployments on
   * which a run was active since `asOf` are left as they are.
   */
  record(
    scope: DriftScope,
    look: { readonly asOf: string; readonly findings: readonly Finding[] },
  ): Promise<DriftChange>;
  /** Findings of a deployment that no run has overtaken, by key. */
  list(owner: string): Promise<{ readonly findings: readonly RecordedFinding[]; readonly checkedAt: string | null }>;
  /**
   * Accepts what differs now. An `extra` cannot be accepted: the next run would remove it.
   * @param keys undefined for all
   */
  accept(owner: string, keys: readonly string[] | undefined): Promise<readonly RecordedFinding[]>;
  sight(region: string): Promise<RegionSight>;
  /** Deployments at rest that are to be healed and have findings which nobody accepted. */
  healable(
    region: string,
    windowMs: number,
  ): Promise<
    readonly { readonly id: string; readonly conditions: readonly Condition[]; readonly recentHeals: number }[]
  >;
  /** Takes `HealingStopped` back where nothing is left to heal. */
  forgetStops(region: string, condition: NewCondition): Promise<void>;
  /** Says something new about many deployments. */
  setConditions(news: readonly { readonly id: string; readonly condition: NewCondition }[]): Promise<void>;
  /** Findings of a region that nobody accepted, by type. */
  counts(region: string): Promise<Readonly<Record<string, number>>>;
}

export interface OrphanRecord extends Omit<Stray, 'ageMs' | 'isOwnerKnown' | 'isOwnerBusy'> {
  readonly verdict: OrphanVerdict;
  readonly lastSeen: string;
  readonly removedAt: string | null;
  /** Why it could not be removed. */
  readonly detail: string | null;
}

export interface OrphanStore {
  /** Those objects for which nothing living in the ledger stands. */
  strays(region: string, found: readonly Found[]): Promise<readonly Stray[]>;
  /** Takes these in the place of those of the last look. What was removed stays on record. */
  record(region: string, judged: readonly { readonly stray: Stray; readonly verdict: OrphanVerdict }[]): Promise<void>;
  /** Asked right before one is deleted: still nothing stands for it, and no run of its owner is active. */
  isStillOrphan(stray: Stray): Promise<boolean>;
  recordRemoval(region: string, stray: Stray): Promise<void>;
  recordRefusal(region: string, stray: Stray, detail: string): Promise<void>;
  /** Newest first; the removed ones too. */
  list(region: string): Promise<readonly OrphanRecord[]>;
}

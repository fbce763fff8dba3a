/**
 * Events: append-only, numbered without gaps per deployment. Progress, the page, streams and audit are views of them.
 */

import type { JsonObject } from './json.ts';

export const EVENT_TYPES = [
  'deployment.accepted',
  'deployment.status',
  'deployment.condition',
  'deployment.changed',
  /** It will be deleted soon, unless it is extended. */
  'deployment.expiring',
  /** Its time has ended: it is being deleted. */
  'deployment.expired',
  'run.accepted',
  'run.started',
  'run.rollback',
  'run.cancel_requested',
  'run.finished',
  'node.started',
  'node.waiting',
  'node.retrying',
  'node.done',
  'node.failed',
  'node.skipped',
  /** The cloud's id of a resource became known, before it is ready. */
  'resource.identified',
  'drift.detected',
  'drift.cleared',
  'drift.accepted',
  /** Lines that a play printed, with where its teller got to. */
  'play.output',
  /** How a play ended, host by host. */
  'play.recap',
  'sweep.removed',
  'sweep.incomplete',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface Event {
  /** Counts from 1 within the deployment. */
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly runId: string | null;
  /** Resource key, for `node.*` and `sweep.*`. */
  readonly key: string | null;
  readonly data: JsonObject;
}

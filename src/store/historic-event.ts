/**
 * Events together with what was shown from them on. What was shown is a row as JSON, whose timestamps are in PostgreSQL's
 * own form.
 */

import type { HistoricEvent } from '../ports/store.ts';
import { timestampOf } from './database.ts';
import { eventFromRow, type EventRow, shownFromRow, type ShownRow } from './rows.ts';

export interface HistoricEventRow extends EventRow {
  shown: ShownJson | null;
}

/** What a person wrote, in its order, which the rest does not keep. */
type Written = Pick<ShownRow, 'parameters' | 'overrides'>;

interface ShownJson extends Written {
  deployment: Omit<ShownRow, keyof Written>;
  run: RunFacts | null;
}

type RunFacts = Omit<NonNullable<NonNullable<HistoricEvent['shown']>['run']>, 'startedAt' | 'estimatedMs'> & {
  started_at: string | null;
  estimated_ms: number;
};

export function historicEventFromRow(row: HistoricEventRow): HistoricEvent {
  return { ...eventFromRow(row), shown: row.shown && shownFromJson(row.shown) };
}

function shownFromJson({ deployment, run, ...written }: ShownJson): HistoricEvent['shown'] {
  const { created_at: created, updated_at: updated, expires_at: expires } = deployment;
  const times = {
    created_at: timestampOf(created),
    updated_at: timestampOf(updated),
    expires_at: expires === null ? null : timestampOf(expires),
  };
  return { deployment: shownFromRow({ ...deployment, ...written, ...times }), run: run && runFromJson(run) };
}

function runFromJson({ started_at: started, estimated_ms: estimatedMs, ...same }: RunFacts) {
  return { ...same, startedAt: started === null ? null : timestampOf(started), estimatedMs };
}

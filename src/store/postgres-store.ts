/**
 * The store, put together from one file a noun.
 */

import type { Pool } from 'pg';
import type { Engine } from '../ports/engine.ts';
import type { Store } from '../ports/store.ts';
import { openDatabase } from './database.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createDeploymentStore } from './deployment-store.ts';
import { createDriftStore } from './drift-store.ts';
import { createEventStore } from './event-store.ts';
import { createExpiryStore } from './expiry-store.ts';
import { createHistoryStore } from './history-store.ts';
import { createKeyStore } from './key-store.ts';
import { createLateSweepStore } from './late-sweep-store.ts';
import { createLedger } from './ledger-store.ts';
import { createOrphanStore } from './orphan-store.ts';
import { createPlanStore } from './plan-store.ts';
import { createRegionCheckStore } from './region-check-store.ts';
import { createReservations } from './reservation-store.ts';
import { createRunStore } from './run-store.ts';
import { createStallStore } from './stall-store.ts';
import { createTemplateStore } from './template-store.ts';
import { createWebhookStore } from './webhook-store.ts';
import { createWorkerStore } from './worker-store.ts';

/** @param enqueue the engine's part of a transaction that accepts a run */
export function createPostgresStore(pool: Pool, enqueue: Engine['enqueue']): Store {
  const database = openDatabase(pool);
  return {
    deployments: createDeploymentStore(database, enqueue),
    runs: createRunStore(database, enqueue),
    lateSweeps: createLateSweepStore(database),
    ledger: createLedger(database),
    events: createEventStore(database),
    regionChecks: createRegionCheckStore(database),
    drift: createDriftStore(database),
    orphans: createOrphanStore(database),
    templates: createTemplateStore(database),
    keys: createKeyStore(database),
    history: createHistoryStore(database),
    plans: createPlanStore(database),
    reservations: createReservations(database),
    workers: createWorkerStore(database),
    stalls: createStallStore(database),
    webhooks: createWebhookStore(database),
    deliveries: createDeliveryStore(database),
    expiries: createExpiryStore(database),
    transaction: (work) => database.transaction(work),
    async check() {
      const [row] = await database.query<{ version: string }>(`select current_setting('server_version') as version`);
      return { detail: `PostgreSQL ${row?.version}` };
    },
    close: () => pool.end(),
  };
}

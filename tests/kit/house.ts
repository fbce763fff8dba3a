/**
 * A whole house in one process for tests: store on a database of its own, embedded engine, app, and the given regions.
 * One per process at a time, because the embedded engine is.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { App } from '../../src/app/app.ts';
import { createApp } from '../../src/app/create-app.ts';
import type { AppDependencies, DriftWatch, RegionTerms } from '../../src/app/dependencies.ts';
import { createEmbeddedEngine, enqueueRun } from '../../src/engine/embedded/embedded-engine.ts';
import type { Actor } from '../../src/ports/actor.ts';
import type { Region } from '../../src/ports/driver.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { noMeasurements } from '../../src/ports/measurements.ts';
import type { Plays } from '../../src/ports/playbooks.ts';
import type { Store } from '../../src/ports/store.ts';
import { createWebhookSender } from '../../src/providers/webhook/index.ts';
import { checkDeployment } from '../../src/reconcilers/check-region.ts';
import { createPoller } from '../../src/runs/poller.ts';
import { createRunPlanWorkflow } from '../../src/runs/run-plan-workflow.ts';
import { createRunSteps } from '../../src/runs/run-steps.ts';
import { openPool } from '../../src/store/database.ts';
import { createPostgresStore } from '../../src/store/postgres-store.ts';

/** Looks that cannot be fooled by lists that lag, and the limits of the configuration's defaults. */
function createTestWatch(store: Store, log: Logger): DriftWatch {
  const checking = { store, newId: randomUUID, log, measurements: noMeasurements, confirmAfterMs: 0 };
  return {
    look: (region, id) => checkDeployment(checking, region, id, new AbortController().signal),
    maxMissingShare: () => 50,
    sweepMode: () => 'report',
    healed: () => {},
  };
}

export interface House {
  readonly app: App;
  /** For what is done without a door: a heal by policy. */
  readonly dependencies: AppDependencies;
  /** Prices and budgets by region, for a test to set. */
  readonly terms: Map<string, RegionTerms>;
  readonly store: Store;
  readonly pool: Pool;
  stop(): Promise<void>;
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const loud: Logger = {
  debug() {},
  info: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  warn: (fields, message) =>
    process.stderr.write(
      `${message} ${String(fields['err'] instanceof Error ? fields['err'].stack : '')} ${JSON.stringify(fields)}\n`,
    ),
  error: (fields, message) => loud.warn(fields, message),
  child: () => loud,
};

/** Who plays playbooks, and what the use case needs to know about them. */
export interface Playing {
  readonly actor?: Actor;
  readonly plays: Plays;
}

const NO_ENGINE = {
  start: async () => {},
  stop: async () => {},
  check: async () => ({ detail: 'there is none' }),
};

/** Receivers of tests listen on loopback. */
const WEBHOOKS = { secretKey: 'of a test', allowAddresses: ['127.0.0.0/8'], version: 'test' };

/** A house that plays nothing. */
const NO_PLAYS: Playing = {
  plays: {
    playbooks: { find: async () => 'this house has no playbooks' },
    seal: (text) => text,
    mayBeForeign: () => false,
  },
};

/** @param workers `none`: runs are accepted, and nobody takes them up */
export async function openHouse(
  databaseUrl: string,
  regions: readonly Region[],
  workers: 'one' | 'none' = 'one',
  { actor, plays }: Playing = NO_PLAYS,
): Promise<House> {
  const log = process.env['GROUNDWORK_TEST_LOG'] ? loud : silent;
  const pool = openPool(databaseUrl, 10, () => {});
  const store = createPostgresStore(pool, workers === 'none' ? async () => {} : enqueueRun);
  const byName = { get: (name: string) => regions.find((region) => region.name === name), all: regions };
  const steps = createRunSteps({
    store,
    regions: byName,
    ...(actor ? { actors: new Map([[actor.kind, actor]]) } : {}),
    poller: createPoller(log),
    log,
    random: () => 0,
    newId: randomUUID,
    measurements: noMeasurements,
  });
  const engine =
    workers === 'none'
      ? NO_ENGINE
      : createEmbeddedEngine({
          databaseUrl,
          pool,
          workerId: randomUUID(),
          runs: store.runs,
          workflow: createRunPlanWorkflow(steps),
          log,
        });
  await engine.start();
  const ids = {
    newId: randomUUID,
    newKey: () => randomBytes(32).toString('hex'),
    hash: (text: string) => createHash('sha256').update(text).digest('hex'),
  };
  const terms = new Map<string, RegionTerms>();
  const dependencies: AppDependencies = {
    terms: (region) => terms.get(region),
    drift: createTestWatch(store, log),
    store,
    engine,
    regions: byName,
    ids,
    configuredKeys: [],
    longestTtlMs: () => undefined,
    plays,
    webhooks: { sender: createWebhookSender(WEBHOOKS), allowAddresses: WEBHOOKS.allowAddresses },
    limits: { maxCountPerTier: 100, maxNodesPerPlan: 1000 },
    log,
  };
  return {
    terms,
    app: createApp(dependencies),
    dependencies,
    store,
    pool,
    async stop() {
      await engine.stop();
      await store.close();
    },
  };
}

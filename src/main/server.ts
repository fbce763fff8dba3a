/**
 * The whole server, put together: database, engine, regions, app, door. This is the only place that knows them all, and
 * it decides nothing.
 */

import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger as PinoLogger } from 'pino';
import type { Pool } from 'pg';
import type { App } from '../app/app.ts';
import { createApp } from '../app/create-app.ts';
import type { AppDependencies, Regions, RegionTerms } from '../app/dependencies.ts';
import { healByPolicy } from '../app/drift.ts';
import type { Config } from '../config/load-config.ts';
import { createHttpDoor } from '../doors/http/door.ts';
import { createEmbeddedEngine, enqueueRun, type EmbeddedEngine } from '../engine/embedded/embedded-engine.ts';
import type { Store } from '../ports/store.ts';
import { createReconciler } from '../reconcilers/reconciler.ts';
import { tellStalled } from '../reconcilers/tell-stalled.ts';
import type { RunDependencies } from '../runs/execution.ts';
import { sweepLate } from '../runs/late-sweep.ts';
import { createPoller } from '../runs/poller.ts';
import { createRunPlanWorkflow } from '../runs/run-plan-workflow.ts';
import { createRunSteps } from '../runs/run-steps.ts';
import { openPool } from '../store/database.ts';
import type { HostFacts } from '../store/embedded-postgres.ts';
import { migrate } from '../store/migrate.ts';
import { createPostgresStore } from '../store/postgres-store.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { ensureAdminKey } from './admin-key.ts';
import { Closers } from './closers.ts';
import { lockDataDirectory } from './data-directory.ts';
import { keepEmbeddedPostgres } from './kept-postgres.ts';
import { loadTemplates, templateFilesIn } from './load-templates.ts';
import { openRegions } from './open-regions.ts';
import { PACKAGE_ROOT, VERSION } from './package-root.ts';
import { openPlays } from './plays.ts';
import { createDriftWatch, startRegionWatches } from './region-watches.ts';
import { SIMULATED_REGION, startSimulatedCloud } from './simulated-cloud.ts';
import { EXPIRY, longestTtls, startExpiry } from './expiry.ts';
import { systemIds } from './uuid-v7.ts';
import { openWebhookSender, startWebhookDelivery } from './webhooks.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly host: HostFacts;
  readonly log: PinoLogger;
  /** Told, in one sentence each, what is being started. */
  readonly say: (sentence: string) => void;
  /** Delays of the simulated cloud, when one is started. */
  readonly simulatorDelays?: string;
}

export interface RunningServer {
  readonly url: string;
  /** An admin key that works now. */
  readonly adminKey: string | undefined;
  /** Address of the simulated cloud, when one was started. */
  readonly simulatedCloud: string | undefined;
  stop(): Promise<void>;
}

/**
 * More connections at work than processors to serve them only make each other, and this process, wait for one.
 * https://wiki.postgresql.org/wiki/Number_Of_Database_Connections
 */
const POOL_SIZE = Math.min(20, Math.max(5, 2 * availableParallelism() + 1));

/** @throws Error with a remedy; what was already started is stopped again */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closers = new Closers(options.log);
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(options: ServerOptions, closers: Closers): Promise<RunningServer> {
  const { config, log, say } = options;
  closers.add('data directory', await lockDataDirectory(config.data_dir));
  const databaseUrl = await openDatabase(options, closers);
  const metrics = createMetrics();
  closers.add('metrics', async () => metrics.close());
  const { regions, configs, simulatedCloud } = await openClouds(options, closers, metrics);
  // The runs have connections of their own: a request does not queue behind their writes.
  const [pool, runPool] = [connect(options, closers, databaseUrl), connect(options, closers, databaseUrl)];
  await migrate(pool);

  const store = createPostgresStore(pool, enqueueRun);
  const { actor, plays } = await openPlays(options, closers);
  const runDependencies = {
    store: createPostgresStore(runPool, enqueueRun),
    regions,
    actors: new Map([[actor.kind, actor]]),
    poller: createPoller(log),
    log,
    random: Math.random,
    newId: () => systemIds.newId(),
    measurements: metrics,
  };
  const engine = createEngine(options, { databaseUrl, pool: runPool, runDependencies });
  const key = await firstKey(options, store);
  await engine.start();
  closers.add('engine', () => engine.stop());
  const sender = await openWebhookSender(config, closers);
  const watching = { ...runDependencies, configs };
  const appDependencies: AppDependencies = {
    ...settingsOfApp(config),
    drift: createDriftWatch(watching, closers),
    store,
    engine,
    regions,
    ids: systemIds,
    plays,
    webhooks: { sender, allowAddresses: config.webhooks.allow_addresses },
    log,
  };
  const app = createApp(appDependencies);
  startLateSweeps(options, runDependencies, closers);
  startStallWatch(options, runDependencies, closers);
  startWebhookDelivery({ store: runDependencies.store, sender, log }, closers);
  startRegionWatches(watching, (id) => healByPolicy(appDependencies, id), closers);
  startExpiry(
    { store: runDependencies.store, deleteDeployment: (id) => app.deleteDeployment(EXPIRY, id), log },
    closers,
  );
  await loadConfiguredTemplates(options, app);

  const url = await openDoor(options, { app, metrics: countingRuns(metrics, engine), closers });
  say(`Listening on ${url}`);
  if (key.created !== undefined) {
    say(`Admin key (shown once, kept in ${key.path}): ${key.created}`);
  }
  return { url, simulatedCloud, adminKey: config.admin_key ?? key.created ?? key.kept, stop: () => closers.closeAll() };
}

function settingsOfApp(config: Config) {
  const { max_count_per_tier: maxCountPerTier, max_nodes_per_plan: maxNodesPerPlan } = config.limits;
  return {
    configuredKeys: configuredKeys(config),
    longestTtlMs: longestTtls(config),
    limits: { maxCountPerTier, maxNodesPerPlan },
    terms: (region: string) => termsOf(config, region),
  };
}

/** The gauge of active runs is set when somebody reads it. */
function countingRuns(metrics: Metrics, engine: EmbeddedEngine): Metrics {
  const render: Metrics['render'] = () => {
    metrics.runsActive(engine.runsHeld());
    return metrics.render();
  };
  return { ...metrics, render };
}

async function openDatabase({ config, host, log, say }: ServerOptions, closers: Closers): Promise<string> {
  if (config.database_url !== undefined) {
    say('Database: the PostgreSQL of database_url');
    return config.database_url;
  }
  const postgres = await keepEmbeddedPostgres({ dataDir: config.data_dir, host, log });
  closers.add('embedded PostgreSQL', () => postgres.stop());
  say(
    `Database: embedded PostgreSQL in ${config.data_dir}${postgres.adopted ? ' (it was still running: adopted)' : ''}`,
  );
  return postgres.url;
}

function connect({ log }: ServerOptions, closers: Closers, databaseUrl: string): Pool {
  const pool = openPool(databaseUrl, POOL_SIZE, (error) =>
    log.warn({ err: error }, 'an idle database connection broke'),
  );
  closers.add('database connections', () => pool.end());
  return pool;
}

async function openClouds(
  options: ServerOptions,
  closers: Closers,
  metrics: Metrics,
): Promise<{ regions: Regions; configs: Config['regions']; simulatedCloud: string | undefined }> {
  const { config, log, say } = options;
  let configured = config.regions;
  let simulatedCloud: string | undefined;
  if (config.file === undefined && Object.keys(configured).length === 0) {
    const { simulatorDelays: delays } = options;
    const cloud = await startSimulatedCloud({ dataDir: config.data_dir, ...(delays === undefined ? {} : { delays }) });
    closers.add('simulated cloud', () => cloud.stop());
    say(
      `No configuration file: started a simulated OpenStack region ${SIMULATED_REGION} at ${cloud.authUrl}${cloud.adopted ? ' (it was still running: adopted)' : ''}`,
    );
    configured = cloud.regions;
    simulatedCloud = cloud.authUrl;
  }
  const regions = await openRegions({ ...options, regions: configured, log, measurements: metrics });
  closers.add('regions', async () => {
    await Promise.all(regions.all.map((region) => region.close()));
  });
  return { regions, configs: configured, simulatedCloud };
}

function createEngine(
  { log }: ServerOptions,
  parts: { databaseUrl: string; pool: Pool; runDependencies: RunDependencies },
): EmbeddedEngine {
  const { databaseUrl, pool, runDependencies } = parts;
  const workflow = createRunPlanWorkflow(createRunSteps(runDependencies));
  const { runs } = runDependencies.store;
  return createEmbeddedEngine({ databaseUrl, pool, workerId: randomUUID(), runs, workflow, log });
}

/** How often a worker asks whether a late sweep is due; they are due a minute after a run that did not pass quietly. */
const LATE_SWEEP_EVERY_MS = 5_000;

function startLateSweeps({ log }: ServerOptions, dependencies: RunDependencies, closers: Closers): void {
  const reconciler = createReconciler({
    name: 'late sweep',
    everyMs: LATE_SWEEP_EVERY_MS,
    deed: (signal) => sweepLate(dependencies, signal),
    log,
  });
  reconciler.start();
  closers.add('late sweeps', () => reconciler.stop());
}

const STALL_WATCH_EVERY_MS = 10_000;

function startStallWatch({ log }: ServerOptions, { store }: RunDependencies, closers: Closers): void {
  const reconciler = createReconciler({
    name: 'stall watch',
    everyMs: STALL_WATCH_EVERY_MS,
    deed: (signal) => tellStalled({ store, log }, signal),
    log,
  });
  reconciler.start();
  closers.add('stall watch', () => reconciler.stop());
}

/** GROUNDWORK_ADMIN_KEY takes the place of the key that is made at the first start. */
async function firstKey({ config }: ServerOptions, store: Store) {
  if (config.admin_key !== undefined) return { path: '', created: undefined, kept: undefined };
  return ensureAdminKey(config.data_dir, store.keys, systemIds);
}

function termsOf({ regions }: Config, name: string): RegionTerms {
  const { prices, budget_per_month: budgetPerMonth } = regions[name] ?? {};
  return { ...(prices ? { prices } : {}), ...(budgetPerMonth === undefined ? {} : { budgetPerMonth }) };
}

function configuredKeys({ admin_key: adminKey, api_keys: keys }: Config) {
  const named = keys.map(({ name, scope, key_sha256: hash }) => ({ name, scope, hash }));
  const admin =
    adminKey === undefined ? [] : [{ name: 'admin', scope: 'admin' as const, hash: systemIds.hash(adminKey) }];
  return [...admin, ...named];
}

async function loadConfiguredTemplates({ config, say }: ServerOptions, app: App): Promise<void> {
  const files =
    config.templates_dir === undefined
      ? config.file === undefined
        ? [join(PACKAGE_ROOT, 'examples', 'web-app-stack.yaml')]
        : []
      : await templateFilesIn(config.templates_dir);
  const names = await loadTemplates(app, files);
  if (names.length > 0) say(`Templates: ${names.join(', ')} from ${config.templates_dir ?? 'examples/'}`);
}

async function openDoor(
  { config, log }: ServerOptions,
  { app, metrics, closers }: { app: App; metrics: Metrics; closers: Closers },
): Promise<string> {
  const door = await createHttpDoor({ app, log, metrics, version: VERSION });
  closers.add('HTTP door', () => door.close());
  const { host, port } = config.server;
  await door.listen({ host, port });
  const { port: bound } = door.server.address() as AddressInfo; // a TCP listener has one
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

/**
 * What the server counts and times, in Prometheus' names (base units, `_total` on counters). One registry of our own,
 * not the library's global one, so that two servers in one process (tests) do not add up.
 */

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

import { FINDING_TYPES } from '../domain/drift.ts';
import { ORPHAN_VERDICTS } from '../domain/orphans.ts';
import type { Measurements } from '../ports/measurements.ts';

export interface Metrics extends Measurements {
  /** The exposition text for `GET /metrics`, with its media type. */
  render(): Promise<{ contentType: string; body: string }>;
  /** Takes everything out of the registry, and the garbage-collection observer with it. */
  close(): void;
}

/** Seconds. Handlers answer in milliseconds; clouds take up to tens of seconds; nodes up to several minutes. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const CLOUD_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const NODE_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { requests, runs, active, nodes, cloudCalls, cloudSeconds } = createInstruments(registry);
  const { drift, strays, stopped, checks, removed, heals } = createWatchInstruments(registry);
  return {
    httpRequest: ({ operation, method, status }, seconds) =>
      requests.observe({ operation, method, status: String(status) }, seconds),
    runsActive: (count) => active.set(count),
    runFinished: ({ kind, status }) => runs.inc({ kind, status }),
    nodeFinished: ({ kind, action, result }, seconds) => nodes.observe({ kind, action, result }, seconds),
    cloudRequest({ region, service, method, status }, seconds) {
      cloudCalls.inc({ region, service, method, status: status === 0 ? 'none' : String(status) });
      cloudSeconds.observe({ region, service }, seconds);
    },
    regionChecked({ region, findings, orphans, sweepStopped }, seconds) {
      for (const type of FINDING_TYPES) drift.set({ region, type }, findings[type] ?? 0);
      for (const verdict of ORPHAN_VERDICTS) strays.set({ region, verdict }, orphans[verdict] ?? 0);
      stopped.set({ region }, sweepStopped ? 1 : 0);
      checks.observe({ region }, seconds);
    },
    orphansRemoved: ({ region }, count) => removed.inc({ region }, count),
    healStarted: ({ region, by }) => heals.inc({ region, by }),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    close: () => registry.clear(),
  };
}

/** One table: name, help, labels. */
function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Histogram({
      name: 'groundwork_http_request_duration_seconds',
      help: 'Time from receiving an API request to its answer.',
      labelNames: ['operation', 'method', 'status'],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    runs: new Counter({
      name: 'groundwork_runs_total',
      help: 'Runs that came to an end.',
      labelNames: ['kind', 'status'],
      registers,
    }),
    active: new Gauge({ name: 'groundwork_runs_active', help: 'Runs that this worker executes now.', registers }),
    nodes: new Histogram({
      name: 'groundwork_node_duration_seconds',
      help: 'Time from the start of a plan node to its end, waiting for the cloud included.',
      labelNames: ['kind', 'action', 'result'],
      buckets: NODE_BUCKETS,
      registers,
    }),
    cloudCalls: new Counter({
      name: 'groundwork_cloud_requests_total',
      help: 'Calls to clouds by answer; status "none" means that no answer came.',
      labelNames: ['region', 'service', 'method', 'status'],
      registers,
    }),
    cloudSeconds: new Histogram({
      name: 'groundwork_cloud_request_duration_seconds',
      help: 'Time a cloud took to answer one call.',
      labelNames: ['region', 'service'],
      buckets: CLOUD_BUCKETS,
      registers,
    }),
  };
}

/** What looks at whole regions tell. */
function createWatchInstruments(registry: Registry) {
  const registers = [registry];
  return {
    drift: new Gauge({
      name: 'groundwork_drift_findings',
      help: 'Resources that are not as the ledger says, accepted ones left out, as of the last look.',
      labelNames: ['region', 'type'],
      registers,
    }),
    strays: new Gauge({
      name: 'groundwork_orphans',
      help: 'Objects with a mark of ours that nothing in the ledger stands for, as of the last look.',
      labelNames: ['region', 'verdict'],
      registers,
    }),
    stopped: new Gauge({
      name: 'groundwork_sweep_stopped',
      help: '1 when the last sweep of orphans was stopped by its brake.',
      labelNames: ['region'],
      registers,
    }),
    checks: new Histogram({
      name: 'groundwork_region_check_duration_seconds',
      help: 'Time of a look at everything that stands in a region.',
      labelNames: ['region'],
      buckets: CLOUD_BUCKETS,
      registers,
    }),
    removed: new Counter({
      name: 'groundwork_orphans_removed_total',
      help: 'Orphans that were deleted.',
      labelNames: ['region'],
      registers,
    }),
    heals: new Counter({
      name: 'groundwork_heals_total',
      help: 'Heals that were started, by the policy of a deployment or by order.',
      labelNames: ['region', 'by'],
      registers,
    }),
  };
}

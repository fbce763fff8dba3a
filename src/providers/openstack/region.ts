/**
 * An OpenStack region: wires client, identity, limiter and drivers together. Nothing is called before it is asked.
 */

import type { Region } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { noMeasurements } from '../../ports/measurements.ts';
import { type CloudMeasurements, createClient } from './client.ts';
import type { Clock } from './clock.ts';
import { steadyClock } from './clock.ts';
import type { Cloud } from './cloud.ts';
import { createCloud } from './cloud.ts';
import type { CloudConfig } from './cloud-config.ts';
import { classify } from './classify.ts';
import { createIdentity } from './identity.ts';
import type { LimiterOptions } from './limiter.ts';
import { Limiter } from './limiter.ts';
import type { ComputeVersion } from './microversion.ts';
import { createNames } from './names.ts';
import type { MarkedDriver } from './neutron.ts';
import { createNetworkDriver } from './network.ts';
import { createPortDriver } from './port.ts';
import { readQuotas } from './quotas.ts';
import { createRouterDriver } from './router.ts';
import { createRouterInterfaceDriver } from './router-interface.ts';
import { createServerDriver } from './server.ts';
import { createSubnetDriver } from './subnet.ts';

export interface RegionLimits extends LimiterOptions {
  /** For connecting, for the headers of an answer, and for each silence inside its body, in milliseconds. */
  readonly timeoutMs: number;
}

export interface RegionOptions {
  /** Our own name for it, for example `us-west-1`. */
  readonly name: string;
  readonly cloud: CloudConfig;
  readonly limits?: Partial<RegionLimits>;
  readonly log: Logger;
  readonly measurements?: CloudMeasurements;
  readonly clock?: Clock;
}

export const DEFAULT_LIMITS: RegionLimits = { concurrency: 8, ratePerSecond: 50, burst: 50, timeoutMs: 30_000 };

/** Reaches nothing yet; `ping` does. */
export function createOpenStackRegion(options: RegionOptions): Region {
  const { name, log, measurements = noMeasurements, clock = steadyClock } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { timeoutMs, concurrency: connections } = limits;
  const limiter = new Limiter(limits, clock);
  const client = createClient({
    region: name,
    tls: options.cloud.tls,
    limiter,
    log,
    measurements,
    timeoutMs,
    connections,
  });
  const identity = createIdentity({ cloud: options.cloud, client, clock, log });
  const cloud = createCloud({ config: options.cloud, client, identity });
  const drivers = new Map(createDrivers(cloud, clock).map((driver) => [driver.kind, driver]));
  return {
    name,
    provider: 'openstack',
    kinds: [...drivers.keys()],
    driver: (kind) => drivers.get(kind),
    quotas: (ctx) => readQuotas(cloud, ctx),
    findAll: async (ctx) => (await Promise.all([...drivers.values()].map((driver) => driver.findAll(ctx)))).flat(),
    ping: (signal) => ping(cloud, options.cloud, signal),
    close: () => client.close(),
  };
}

/** In the order in which sweeping deletes safely: dependents first. */
function createDrivers(cloud: Cloud, clock: Clock): MarkedDriver[] {
  const names = createNames(cloud, clock);
  return [
    createServerDriver(cloud, names, clock),
    createRouterInterfaceDriver(cloud),
    createRouterDriver(cloud, names),
    createPortDriver(cloud),
    createSubnetDriver(cloud),
    createNetworkDriver(cloud),
  ];
}

/** Login, discovery, and the cheapest call that makes Nova check the token. */
async function ping(cloud: Cloud, config: CloudConfig, signal: AbortSignal): ReturnType<Region['ping']> {
  const ctx = { signal, beforeEffect: () => Promise.resolve() };
  try {
    const version = await cloud.computeVersion(ctx);
    const startedAt = performance.now();
    await cloud.get({ service: 'compute', path: '/flavors', query: new URLSearchParams({ limit: '1' }) }, ctx);
    const latencyMs = Math.round(performance.now() - startedAt);
    const { projectId, endpoints } = await cloud.session(signal);
    const detail = { auth_url: config.authUrl, project_id: projectId, endpoints, ...describeVersion(version) };
    return { latencyMs, detail };
  } catch (error) {
    throw cannotReach(config, error);
  }
}

function describeVersion({ microversion, offered, tags }: ComputeVersion): Record<string, string | boolean | null> {
  return { microversion: microversion ?? null, microversion_offered: offered ?? null, server_tags: tags };
}

function cannotReach(config: CloudConfig, cause: unknown): Error {
  const { message, remedy } = classify(cause);
  const advice = remedy === undefined ? '' : `. ${remedy}`;
  return new Error(`cloud ${config.name} at ${config.authUrl} cannot be used: ${message}${advice}`, { cause });
}

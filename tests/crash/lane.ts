/**
 * One lane of the crash matrix: a database of its own, a simulated cloud, and the worker that is killed over and over. Cases
 * run through a lane one after the other; the worker that recovered from one case is the victim of the next.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';

import type { Bench } from './bench-pool.ts';
import type { Child } from './child-process.ts';
import { type CloudProcess, type CloudState, startCloud } from './cloud-process.ts';
import { openPostgresProxy, type PostgresProxy } from './postgres-proxy.ts';
import { REGION, startWorker, type Worker } from './worker-process.ts';

/** Keys of a deployment of the small template. */
export const KEYS = ['interface/web', 'network', 'router', 'server/web/1', 'server/web/2', 'subnet/web'];
const TEMPLATE = {
  name: 'small',
  network_config: {
    cidr: '10.0.0.0/16',
    subnets: { web: '10.0.1.0/24' },
    router: { external_network: 'public' },
  },
  vm_config: { web: { flavor: 'm1.tiny', image: 'ubuntu-22.04', count: 2 } },
};

export interface DeploymentState {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly type: string; readonly rollback_completed: boolean } | null;
  readonly busy: boolean;
  /** How its newest run ended, or is going. */
  readonly lastRun: string;
}

export interface LaneOptions {
  readonly home: string;
  readonly databaseUrl: string;
  /** The cloud keeps its state over a kill. */
  readonly cloudKeeps?: boolean;
  /** Takes the database away again. */
  readonly dispose?: () => Promise<void>;
}

const LOOK_EVERY_MS = 25;

export class Lane implements Bench {
  readonly home: string;
  readonly databaseUrl: string;
  readonly proxy: PostgresProxy;
  readonly pool: pg.Pool;
  cloud: CloudProcess;
  worker: Worker;
  /** The cloud before anything was made. */
  readonly untouched: CloudState;
  readonly #dispose: (() => Promise<void>) | undefined;
  #starts = 1;
  #names = 0;

  private constructor(
    options: LaneOptions,
    parts: { proxy: PostgresProxy; pool: pg.Pool; cloud: CloudProcess; worker: Worker; untouched: CloudState },
  ) {
    this.home = options.home;
    this.databaseUrl = options.databaseUrl;
    this.#dispose = options.dispose;
    this.proxy = parts.proxy;
    this.pool = parts.pool;
    this.cloud = parts.cloud;
    this.worker = parts.worker;
    this.untouched = parts.untouched;
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const { home, databaseUrl, cloudKeeps = false } = options;
    await mkdir(home, { recursive: true });
    const cloud = await startCloud(home, { keeps: cloudKeeps });
    const untouched = await cloud.state();
    const proxy = await openPostgresProxy(databaseUrl);
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
    pool.on('error', () => {
      // A test may kill PostgreSQL; whoever asks next hears of it.
    });
    const worker = await startWorker(orderOf(options, proxy.url, cloud, 'worker-1'));
    await worker.call('POST', '/templates', TEMPLATE);
    return new Lane(options, { proxy, pool, cloud, worker, untouched });
  }

  newName(): string {
    this.#names += 1;
    return `${basename(this.home)}-${this.#names}`;
  }

  async restart(): Promise<void> {
    await this.worker.kill();
    this.worker = await this.startAnother();
  }

  /** A start that is killed so many milliseconds after its beginning, ready or not. */
  async startAndKill(afterMs: number): Promise<void> {
    this.#starts += 1;
    const order = orderOf(this, this.proxy.url, this.cloud, `worker-${this.#starts}`);
    let killed = Promise.resolve();
    const onSpawn = (child: Child): void => {
      killed = wait(afterMs).then(() => child.kill());
    };
    await startWorker({ ...order, onSpawn }).catch(() => {
      // It was killed before it was ready, which is as good an instant as any.
    });
    await killed;
  }

  /** One more worker on the same database and cloud. */
  startAnother(databaseUrl = this.proxy.url): Promise<Worker> {
    this.#starts += 1;
    return startWorker(orderOf(this, databaseUrl, this.cloud, `worker-${this.#starts}`));
  }

  /** The deployment of this name, once it is committed. */
  async deployment(name: string): Promise<DeploymentState | undefined> {
    const { rows } = await this.pool.query<DeploymentState>(
      `select id, status, error,
              exists (select from runs r where r.deployment_id = d.id and r.status in ('pending', 'running', 'rolling_back')) as busy,
              (select status from runs r where r.deployment_id = d.id order by created_at desc limit 1) as "lastRun"
         from deployments d where name = $1`,
      [name],
    );
    return rows[0];
  }

  /**
   * The state in which an order that was accepted ends.
   * @throws Error when that is none of these, or when it takes too long
   */
  async untilSettled(name: string, statuses: readonly string[], withinMs = 60_000): Promise<DeploymentState> {
    let last: DeploymentState | undefined;
    const settled = await until(async () => {
      // While PostgreSQL is killed nobody knows.
      last = await this.deployment(name).catch(() => undefined);
      return last && !last.busy ? last : undefined;
    }, withinMs);
    if (settled && statuses.includes(settled.status)) return settled;
    throw new Error(`${name} did not become ${statuses.join(' or ')} in ${withinMs} ms but is ${JSON.stringify(last)}`);
  }

  /** Deletes the deployment through whichever worker is there. */
  async remove(name: string): Promise<void> {
    const deployment = await this.deployment(name);
    await this.worker.call('DELETE', `/deployments/${deployment?.id}`);
    await this.untilSettled(name, ['DELETED']);
  }

  /** Late sweeps that are ordered for some later time are due now; resolves when they are done. */
  async hastenSweeps(): Promise<void> {
    await this.pool.query('update runs set sweep_again_at = clock_timestamp() where sweep_again_at is not null');
    await until(async () => {
      const { rows } = await this.pool.query('select from runs where sweep_again_at is not null');
      return rows.length === 0 ? true : undefined;
    }, 20_000);
  }

  /** Last words of the worker, for a case that failed. */
  async lastWords(): Promise<string> {
    return lastLines(this.worker.logFile);
  }

  /** The cloud dies and comes back at the same address with what it had. */
  async cloudAway(forMs: number): Promise<void> {
    const { port } = new URL(this.cloud.authUrl);
    await this.cloud.kill();
    await wait(forMs);
    this.cloud = await startCloud(this.home, { port: Number(port), keeps: true });
  }

  async close(): Promise<void> {
    await this.worker.kill();
    await this.cloud.kill();
    await this.pool.end();
    await this.proxy.close();
    await this.#dispose?.();
  }
}

export async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').slice(-15).join('\n');
}

function orderOf({ home }: { home: string }, databaseUrl: string, cloud: CloudProcess, name: string) {
  return { home: join(home, name), databaseUrl, cloudsYaml: cloud.cloudsYaml, cloud: 'simulated' };
}

export function deployOrder(name: string) {
  return { name, template: TEMPLATE.name, cloud_region: REGION };
}

/** Looks until there is something; undefined when the time is over. */
export async function until<T>(look: () => Promise<T | undefined>, withinMs: number): Promise<T | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) return undefined;
    await wait(LOOK_EVERY_MS);
  }
}

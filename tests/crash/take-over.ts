/**
 * Two workers on one database. The one that holds the run dies, and the other goes on; or it freezes, is replaced, and
 * wakes up when everything is over or in the middle of it: then it must neither write nor create.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import type { LoggedCall } from './cloud-process.ts';
import type { Bench } from './bench-pool.ts';
import { type Outcome, outcomeOf } from './crash-case.ts';
import { type Lane, lastLines, until } from './lane.ts';
import { openPostgresProxy, type PostgresProxy, type WritePoint } from './postgres-proxy.ts';
import { beyond, markedIn, reckon, strayPorts } from './reckoning.ts';
import type { Scenario } from './scenario.ts';
import type { CallPoint } from './points.ts';
import type { Worker } from './worker-process.ts';

/** Where the holder is when it happens. */
export type Spot =
  | { readonly call: Pick<CallPoint, 'match' | 'occurrence'>; readonly phase: 'before' | 'after' }
  | { readonly write: WritePoint; readonly side: 'before' | 'after' };

export interface TakeOverCase {
  readonly scenario: Scenario;
  readonly kind: string;
  readonly at: string;
  readonly spot: Spot;
  readonly what: 'killed' | 'frozen';
  /** What the holder had under way goes on at once, or only when it wakes up. */
  readonly goesOn: 'at once' | 'on waking';
  /** It wakes up when the other one has come to its next call, instead of after the end. */
  readonly wakesInTheMiddle?: boolean;
}

/** The next worker has it within ten seconds: five until a frozen one counts as dead, and the looks in between. */
const TAKEN_OVER_WITHIN_MS = 10_000;
const QUIET_MS = 100;
const REACHED_WITHIN_MS = 10_000;
/** A worker judges others only when its own heartbeat was steady for this long. */
const STEADY_AFTER_MS = 11_000;

/** The lane's own worker is the victim, the other one takes over. */
export class Pair implements Bench {
  readonly lane: Lane;
  readonly #proxy: PostgresProxy;
  #other: Worker;
  readonly #since = performance.now();

  private constructor(lane: Lane, proxy: PostgresProxy, other: Worker) {
    this.lane = lane;
    this.#proxy = proxy;
    this.#other = other;
  }

  static async open(lane: Lane): Promise<Pair> {
    const proxy = await openPostgresProxy(lane.databaseUrl);
    return new Pair(lane, proxy, await lane.startAnother(proxy.url));
  }

  async close(): Promise<void> {
    await this.#other.kill();
    await this.#proxy.close();
    await this.lane.close();
  }

  async lastWords(): Promise<string> {
    const [victim, other] = [await this.lane.lastWords(), await lastLines(this.#other.logFile)];
    return `${victim}\nand the other one:\n${other}`;
  }

  /** Never throws: whatever goes wrong is in the outcome. */
  run(crash: TakeOverCase): Promise<Outcome> {
    return outcomeOf(() => this.#attempt(crash));
  }

  async #attempt(crash: TakeOverCase): Promise<Outcome> {
    const { lane } = this;
    const { scenario, spot } = crash;
    await until(async () => (performance.now() - this.#since > STEADY_AFTER_MS ? true : undefined), STEADY_AFTER_MS);
    const name = lane.newName();
    await scenario.prepare(lane, name);
    // The other one must not be faster: the victim is to have the run.
    this.#other.signal('SIGSTOP');
    const { reached } = await this.#arm(spot);
    await scenario.order(lane, name);
    if (!(await Promise.race([reached, wait(REACHED_WITHIN_MS, false)]))) throw new Error('the instant did not come');
    const began = performance.now();
    const recoveryMs = async (): Promise<number> => {
      await lane.untilSettled(name, [scenario.endsAs]);
      return performance.now() - began;
    };
    const trouble =
      crash.what === 'killed' ? await this.#kill(recoveryMs) : await this.#freeze(crash, name, recoveryMs);
    return this.#reckon(crash, name, trouble);
  }

  /** @returns what resolves when the instant comes, wrapped, because it is not to be awaited yet */
  async #arm(spot: Spot): Promise<{ reached: Promise<true | undefined> }> {
    if ('write' in spot) {
      const reached = this.lane.proxy.cut({ ...spot.write, side: spot.side }).then(() => true as const);
      return { reached };
    }
    const { match, occurrence } = spot.call;
    await this.lane.cloud.addGate({ match, nth: occurrence, phase: spot.phase, late: true });
    return { reached: this.#untilHeld() };
  }

  #untilHeld(): Promise<true | undefined> {
    return until(async () => ((await this.lane.cloud.holds(500)) ? true : undefined), REACHED_WITHIN_MS);
  }

  /**
   * Siblings have come to rest: what has its permission is with the cloud. (Frozen while it connects, a request is sent on
   * waking. Nothing can rule that out; that is what the sweep on waking is for.)
   */
  async #untilQuiet(): Promise<void> {
    let seen = -1;
    await until(async () => {
      const before = seen;
      await wait(QUIET_MS);
      seen = (await this.lane.cloud.calls()).at(-1)?.seq ?? 0;
      return seen === before ? true : undefined;
    }, 3_000);
  }

  async #letGoOn(): Promise<void> {
    this.lane.proxy.mend();
    await this.lane.cloud.openGates();
  }

  async #kill(end: () => Promise<number>): Promise<Trouble> {
    await this.lane.worker.kill();
    this.#other.signal('SIGCONT');
    await this.#letGoOn();
    const recoveryMs = await end();
    this.lane.worker = await this.lane.startAnother();
    return { recoveryMs, wrong: tooSlow(recoveryMs, TAKEN_OVER_WITHIN_MS) };
  }

  async #freeze(crash: TakeOverCase, name: string, end: () => Promise<number>): Promise<Trouble> {
    const { lane } = this;
    await this.#untilQuiet();
    const began = performance.now();
    lane.worker.signal('SIGSTOP');
    this.#other.signal('SIGCONT');
    if (crash.goesOn === 'at once') await this.#letGoOn();
    const takenOver = await until(async () => ((await this.#fence(name)) > 1 ? true : undefined), 30_000);
    const wrong = takenOver ? tooSlow(performance.now() - began, TAKEN_OVER_WITHIN_MS) : ['nobody took the run over'];
    if (crash.wakesInTheMiddle === true) return { ...(await this.#wakeInTheMiddle(end)), wrong };
    const recoveryMs = await end();
    return { recoveryMs, wrong: [...wrong, ...(await this.#wakeAfterwards(name))] };
  }

  /** The successor is held at its next call, the frozen one wakes up meanwhile. */
  async #wakeInTheMiddle(end: () => Promise<number>): Promise<{ recoveryMs: number }> {
    const { lane } = this;
    await lane.cloud.addGate({ match: {}, phase: 'before' });
    await this.#untilHeld();
    await this.#wake();
    await this.#letGoOn();
    return { recoveryMs: await end() };
  }

  /** Everything is over when it wakes up: whatever it does now is wrong. */
  async #wakeAfterwards(name: string): Promise<string[]> {
    const { lane } = this;
    const [ledger, lastCall] = [await this.#ledger(name), (await lane.cloud.calls()).at(-1)?.seq ?? 0];
    const hasHeard = await this.#wake(() => this.#letGoOn());
    const later = (await lane.cloud.calls(lastCall)).filter(isChange);
    const deeds = later.map(({ method, path }) => `the frozen worker woke up and called ${method} ${path}`);
    const writes = (await this.#ledger(name)) === ledger ? [] : ['the frozen worker woke up and wrote the ledger'];
    return [...(hasHeard ? [] : ['the frozen worker never noticed that it was replaced']), ...deeds, ...writes];
  }

  /** @returns whether the worker has noticed that its run is another's now */
  async #wake(then?: () => Promise<void>): Promise<boolean> {
    const { worker } = this.lane;
    const heard = async (): Promise<number> =>
      (await readFile(worker.logFile, 'utf8')).split('another worker took the run over').length;
    const before = await heard();
    worker.signal('SIGCONT');
    await then?.();
    return (await until(async () => ((await heard()) > before ? true : undefined), 10_000)) === true;
  }

  async #fence(name: string): Promise<number> {
    const { rows } = await this.lane.pool.query<{ fence: number }>(
      `select max(r.fence)::int as fence from runs r join deployments d on d.id = r.deployment_id
        where d.name = $1 and r.created_at = (select max(created_at) from runs where deployment_id = d.id)`,
      [name],
    );
    return rows[0]?.fence ?? 0;
  }

  /** Everything that a worker may write about a deployment, but for the order to look once more. */
  async #ledger(name: string): Promise<string> {
    const { rows } = await this.lane.pool.query<{ all: string }>(
      `select md5(concat(
         (select json_agg(r order by key, generation) from resources r where owner = d.id),
         (select json_agg(e order by seq) from events e where deployment_id = d.id),
         (select json_agg(n order by n.run_id, n.phase, n.key) from run_nodes n join runs on runs.id = run_id where deployment_id = d.id),
         (select json_agg(to_jsonb(r) - 'sweep_again_at' order by id) from runs r where deployment_id = d.id))) as all
         from deployments d where name = $1`,
      [name],
    );
    return rows[0]?.all ?? '';
  }

  async #reckon({ scenario }: TakeOverCase, name: string, { recoveryMs, wrong }: Trouble): Promise<Outcome> {
    const { lane } = this;
    await lane.hastenSweeps();
    const end = await lane.untilSettled(name, [scenario.endsAs]);
    const state = await lane.cloud.state();
    const findings = await reckon(lane.pool, markedIn(state), { deploymentId: end.id, keys: scenario.keys });
    await lane.cloud.clearFaults();
    if (end.status !== 'DELETED') await lane.remove(name);
    const left = beyond(lane.untouched, await lane.cloud.state());
    return {
      ...findings,
      recoveryMs,
      wrong: [...wrong, ...scenario.judge(end, state), ...findings.wrong, ...strayPorts(state), ...left],
    };
  }
}

interface Trouble {
  readonly recoveryMs: number;
  readonly wrong: readonly string[];
}

function tooSlow(tookMs: number, limitMs: number): string[] {
  return tookMs <= limitMs ? [] : [`it took ${Math.round(tookMs)} ms, more than ${limitMs}`];
}

function isChange({ method, service }: LoggedCall): boolean {
  return method !== 'GET' && service !== 'keystone';
}

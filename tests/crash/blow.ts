/**
 * The blows: each waits for its instant inside a scenario and then strikes. What it leaves is a worker that is alive, and a
 * scenario that has to come to its end by itself.
 */

import { setTimeout as wait } from 'node:timers/promises';

import type { LoggedCall } from './cloud-process.ts';
import { type Lane, until } from './lane.ts';
import type { CallPoint } from './points.ts';
import type { Cut } from './postgres-proxy.ts';

export interface Blow {
  /** Called right before the order is given; the signal says that nobody waits for the instant any more. */
  arm(lane: Lane, signal: AbortSignal): Promise<Armed>;
}

export interface Armed {
  /** Resolves when the instant has come. */
  readonly reached: Promise<void>;
  /** Kills or disturbs, and leaves a living worker. */
  strike(): Promise<void>;
  /** Called once the scenario has ended, for what comes later still; and once the deployment is deleted. */
  afterwards?(): Promise<void>;
  afterDelete?(): Promise<void>;
}

/** The worker dies while this call is held; then the call is dropped (`before`) or its answer is (`after`). */
export function killAtCall({ match, occurrence }: CallPoint, phase: 'before' | 'after'): Blow {
  return {
    async arm(lane, signal) {
      await lane.cloud.addGate({ match, nth: occurrence, phase });
      return {
        reached: untilHeld(lane, signal),
        async strike() {
          await lane.worker.kill();
          await lane.cloud.holds(0); // by the time of this answer the cloud knows that its client is gone
          await lane.cloud.openGates();
          lane.worker = await lane.startAnother();
        },
      };
    },
  };
}

export type Landing = 'after its repetition' | 'after the end' | 'after the delete';

/**
 * The worker dies while this call is under way, and the call lands late: when the new worker has already made the same
 * call itself, when the run has ended, or when even the deployment is deleted.
 */
export function landLate(call: CallPoint, when: Landing): Blow {
  return {
    async arm(lane, signal) {
      await lane.cloud.forgetCalls();
      await lane.cloud.addGate({ match: call.match, nth: call.occurrence, phase: 'before', late: true });
      return {
        reached: untilHeld(lane, signal),
        async strike() {
          const before = (await lane.cloud.calls()).at(-1)?.seq ?? 0;
          await lane.restart();
          if (when !== 'after its repetition') return;
          await untilRepeated(lane, call, before);
          await land(lane);
        },
        async afterwards() {
          if (when !== 'after the end') return;
          await land(lane);
          await lane.hastenSweeps();
        },
        async afterDelete() {
          if (when !== 'after the delete') return;
          await land(lane);
          await lane.hastenSweeps();
        },
      };
    },
  };
}

/** Opens the gate and waits until the call has had its effect. */
async function land(lane: Lane): Promise<void> {
  const held = await unanswered(lane);
  await lane.cloud.openGates();
  await until(async () => ((await unanswered(lane)).length < held.length ? true : undefined), 5_000);
}

/** The new worker has made the same call; or it has seen that it need not. */
async function untilRepeated(lane: Lane, { label, match }: CallPoint, after: number): Promise<void> {
  const path = new RegExp(match.path ?? '');
  const isRepetition = (call: LoggedCall): boolean =>
    label.startsWith(`${call.service} ${call.method}`) && path.test(call.path.split('?')[0] ?? '') && call.status !== 0;
  await until(async () => ((await lane.cloud.calls(after)).some(isRepetition) ? true : undefined), 3_000);
}

/** The call has its effect, the worker lives, and the answer is lost. */
export function loseAnswer({ match, occurrence }: CallPoint): Blow {
  return {
    async arm(lane, signal) {
      const fault = await lane.cloud.addFault({ match, nth: occurrence, action: 'answer_lost' });
      return { reached: untilUsed(lane, fault, signal), strike: async () => {} };
    },
  };
}

/** The worker dies before PostgreSQL sees this write, or when it is done and nobody has heard of it yet. */
export function killAtWrite(where: Cut): Blow {
  return {
    async arm(lane) {
      const reached = lane.proxy.cut(where);
      return {
        reached,
        async strike() {
          await lane.worker.kill();
          lane.proxy.mend();
          lane.worker = await lane.startAnother();
        },
      };
    },
  };
}

/** The worker dies so many milliseconds after the order; with a second time, its successor dies while it is starting or recovering. */
/** A random instant is itself the condition: nothing else tells of it. */
export function instant(afterMs: number): Promise<void> {
  return wait(afterMs);
}

export function killAtInstant(afterMs: number, againAfterMs: number | undefined): Blow {
  return {
    async arm(lane) {
      return {
        reached: instant(afterMs),
        async strike() {
          await lane.worker.kill();
          if (againAfterMs !== undefined) await lane.startAndKill(againAfterMs);
          lane.worker = await lane.startAnother();
        },
      };
    },
  };
}

async function untilHeld(lane: Lane, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await lane.cloud.holds(500)));
}

async function untilUsed(lane: Lane, fault: string, signal: AbortSignal): Promise<void> {
  await until(async () => (signal.aborted || (await lane.cloud.isUsed(fault)) ? true : undefined), 60_000);
}

async function unanswered(lane: Lane): Promise<LoggedCall[]> {
  return (await lane.cloud.calls()).filter(({ status }) => status === 0);
}

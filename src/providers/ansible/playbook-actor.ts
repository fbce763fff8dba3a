/**
 * Playing a playbook: `ansible-playbook` as a child process with files, an environment and a process group of its own, its
 * output told line by line, and its end judged.
 *
 * Whatever ends this process, the play's directory remembers (attempt-directory.ts). `recover` reads that memory before a new
 * attempt: it ends what still runs, tells what was printed and not told, and takes a play that had come to its end for what
 * it is instead of playing it again.
 */

import { readFile, rm } from 'node:fs/promises';
import type { EventType } from '../../domain/event.ts';
import type { Failure } from '../../domain/failure.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ActContext, Actor, ActOrder, ActOutcome } from '../../ports/actor.ts';
import { LeaseLost } from '../../ports/driver.ts';
import {
  attemptDirectory,
  type AttemptDirectory,
  earlierAttempts,
  readExit,
  removeSecrets,
  runDirectory,
  runsWithDirectories,
} from './attempt-directory.ts';
import { closeControlSockets } from './control-sockets.ts';
import { followPlay, tellRemainingOutput } from './follow-play.ts';
import { judgePlay, type PlayEnd } from './judge-play.ts';
import { createMask, type Mask } from './mask.ts';
import { type OutputPosition, FROM_THE_BEGINNING } from './output-reader.ts';
import { readPlayRecord } from './play-record.ts';
import { endPlay, startPlay } from './play-process.ts';
import { PlayRefused, type PreparedPlay, preparePlay, secretsOf, wantedOf } from './prepare-play.ts';
import type { PlaySettings } from './settings.ts';

export interface PlaybookActor extends Actor {
  /** Ends the plays of a server that was killed; to be called before runs are taken up. */
  endLeftovers(): Promise<void>;
  /** Fulfilled when no play goes on: a server that stops waits for what it told to end. */
  idle(): Promise<void>;
}

const PLAYBOOK_KIND = 'ansible.playbook';

export function createPlaybookActor(settings: PlaySettings): PlaybookActor {
  const underWay = new Set<Promise<unknown>>();
  const tracked = <T>(deed: Promise<T>): Promise<T> => {
    const over: Promise<unknown> = deed.catch(() => undefined).finally(() => underWay.delete(over));
    underWay.add(over);
    return deed;
  };
  return {
    kind: PLAYBOOK_KIND,
    act: (order, context) => tracked(act(settings, order, context)),
    recover: (order, context, lastTold) => tracked(recover(settings, order, context, lastTold)),
    async idle() {
      await Promise.all(underWay);
    },
    classify,
    async endLeftovers() {
      for (const runId of await runsWithDirectories(settings.dataDir)) {
        for (const directory of await earlierAttempts(settings.dataDir, runId)) await endAttempt(settings, directory);
      }
    },
  };
}

/** @throws PlayRefused, LeaseLost */
async function act(settings: PlaySettings, order: ActOrder, context: ActContext): Promise<ActOutcome> {
  const directory = attemptDirectory(settings.dataDir, order.runId, order.attempt);
  let isAllTold = true;
  try {
    const prepared = await preparePlay(settings, order, directory);
    await context.confirm();
    isAllTold = false;
    const outcome = await play(settings, prepared, directory, { order, context });
    await context.tell('play.recap', { attempt: order.attempt, ...outcome.result });
    isAllTold = true;
    return outcome;
  } finally {
    await cleanUp(settings, directory, { isAllTold });
  }
}

async function play(
  settings: PlaySettings,
  prepared: PreparedPlay,
  directory: AttemptDirectory,
  { order, context }: { readonly order: ActOrder; readonly context: ActContext },
): Promise<ActOutcome> {
  const { timeoutMs } = settings.region(order.region);
  const began = performance.now();
  const process = await startPlay(directory, prepared.commandLine, prepared.environment);
  const end = await followPlay(process, {
    signal: context.signal,
    timeoutMs,
    end: () => endPlay(directory, settings.host),
    tell: (data) => context.tell('play.output', { attempt: order.attempt, ...data }),
    directory,
    mask: prepared.mask,
  });
  const durationMs = Math.round(performance.now() - began);
  return conclude(prepared, directory, { ...end, durationMs, endedAt: new Date(), timeoutMs });
}

/** What was printed and not told stays for the next attempt. */
async function cleanUp(
  { dataDir, host }: PlaySettings,
  directory: AttemptDirectory,
  { isAllTold }: { readonly isAllTold: boolean },
): Promise<void> {
  await removeSecrets(directory);
  await closeControlSockets(directory, host.searchPath);
  if (isAllTold) await rm(runDirectory(dataDir, directory.runId), { recursive: true, force: true });
}

type End = Pick<PlayEnd, 'cause' | 'exitCode' | 'timeoutMs'> & { readonly durationMs: number; readonly endedAt: Date };
type Played = Pick<PreparedPlay, 'mask' | 'playbook' | 'command'>;

async function conclude(play: Played, directory: AttemptDirectory, end: End): Promise<ActOutcome> {
  const { cause, exitCode, timeoutMs, durationMs, endedAt } = end;
  const text = await readFile(directory.record, 'utf8').catch(() => ''); // a play that never began has none
  const record = readPlayRecord(text, play.mask);
  const lastWords = await readLastWords(directory, play.mask);
  const { playbook, command } = play;
  const failure = judgePlay({ cause, exitCode, timeoutMs, lastWords, playbook, command }, record);
  const result: JsonObject = {
    playbook,
    exit_code: exitCode,
    duration_ms: durationMs,
    ended_at: endedAt.toISOString(),
    recap: { ...record.recap },
    failures: [...record.failed, ...record.unreachable].slice(0, MOST_FAILURES).map((each) => ({ ...each })),
  };
  return { result, ...(failure ? { failure } : {}) };
}

/** Kept in the result; all of them are in the output. */
const MOST_FAILURES = 100;
const LAST_WORDS_BYTES = 2_000;

async function readLastWords({ stderr }: AttemptDirectory, mask: Mask): Promise<string> {
  const text = mask(await readFile(stderr, 'utf8').catch(() => ''));
  return text
    .trim()
    .slice(-LAST_WORDS_BYTES)
    .replace(/\s*\n\s*/g, ' ');
}

async function recover(
  settings: PlaySettings,
  order: ActOrder,
  context: ActContext,
  lastTold: ReadonlyMap<EventType, JsonObject>,
): Promise<ActOutcome | undefined> {
  let outcome: ActOutcome | undefined;
  for (const directory of await earlierAttempts(settings.dataDir, order.runId)) {
    await endAttempt(settings, directory);
    const wanted = wantedOf(order);
    const mask = createMask(await secretsOf(settings, order));
    const tell = (data: JsonObject) => context.tell('play.output', { attempt: directory.attempt, ...data });
    await tellRemainingOutput(directory, mask, positionAfter(lastTold.get('play.output'), directory.attempt), tell);
    const exit = await readExit(directory);
    if (!exit) continue;
    const end = { cause: 'ended', exitCode: exit.code, timeoutMs: 0, ...exit } as const;
    outcome = await conclude({ mask, playbook: wanted.playbook, command: settings.command }, directory, end);
    if (lastTold.get('play.recap')?.['attempt'] !== directory.attempt) {
      await context.tell('play.recap', { attempt: directory.attempt, ...outcome.result });
    }
  }
  await rm(runDirectory(settings.dataDir, order.runId), { recursive: true, force: true });
  return outcome;
}

/** Where the teller of that attempt got to. */
function positionAfter(told: JsonObject | undefined, attempt: number): OutputPosition {
  if (told?.['attempt'] !== attempt) return FROM_THE_BEGINNING;
  return told['position'] as unknown as OutputPosition; // written by follow-play.ts
}

async function endAttempt(settings: PlaySettings, directory: AttemptDirectory): Promise<void> {
  await endPlay(directory, settings.host);
  await cleanUp(settings, directory, { isAllTold: false });
}

function classify(error: unknown): Failure {
  if (error instanceof PlayRefused) return error.failure;
  if (error instanceof LeaseLost) return { class: 'unknown-outcome', type: 'LeaseLost', message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { class: 'permanent', type: 'PlayFailed', message: `the play could not be carried out: ${message}` };
}

/**
 * Following a play to its end: what it prints is told in batches as it comes, while a watcher sees to it that the play ends
 * when its time is up or it must not go on. Telling may take long (the database may be away); ending never waits for it.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../../domain/json.ts';
import type { AttemptDirectory } from './attempt-directory.ts';
import type { PlayEnd } from './judge-play.ts';
import type { Mask } from './mask.ts';
import { FROM_THE_BEGINNING, openOutput, type OutputPosition, type OutputReader } from './output-reader.ts';
import type { PlayProcess } from './play-process.ts';

const READ_EVERY_MS = 100;

export interface Following {
  /** When it aborts, the play is ended. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Ends every process of the play. */
  readonly end: () => Promise<void>;
  readonly tell: (data: JsonObject) => Promise<void>;
  readonly directory: AttemptDirectory;
  readonly mask: Mask;
}

/** @throws what `tell` throws, after the play was ended */
export async function followPlay(
  play: PlayProcess,
  following: Following,
): Promise<Pick<PlayEnd, 'cause' | 'exitCode'>> {
  const unheard = new AbortController();
  const over = new AbortController();
  const telling = tellAsItComes(following, over.signal).catch((error: unknown) => {
    unheard.abort();
    return { error };
  });
  const cause = await watch(play, { ...following, signal: AbortSignal.any([following.signal, unheard.signal]) });
  const exitCode = await play.ended;
  over.abort();
  const told = await telling;
  if (told) throw told.error;
  return { cause, exitCode };
}

async function watch(play: PlayProcess, { signal, timeoutMs, end }: Following): Promise<PlayEnd['cause']> {
  const clock = new AbortController();
  const stopped = new Promise<'cancelled'>((resolve) => {
    const stop = (): void => resolve('cancelled');
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true, signal: clock.signal });
  });
  const late = delay(timeoutMs, 'timed out' as const, { signal: clock.signal }).catch(() => 'timed out' as const);
  const ended = play.ended.then(() => 'ended' as const);
  const cause = await Promise.race([ended, stopped, late]);
  clock.abort();
  if (cause !== 'ended') await end();
  return cause;
}

async function tellAsItComes({ directory, mask, tell }: Following, over: AbortSignal): Promise<undefined> {
  const output = openOutput(directory, mask, FROM_THE_BEGINNING);
  while (!over.aborted) {
    const isNew = await tellBatch(output, false, tell);
    if (!isNew) await delay(READ_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
  while (await tellBatch(output, true, tell));
  return undefined;
}

/** What an attempt printed after the last batch that was told of it. */
export async function tellRemainingOutput(
  directory: AttemptDirectory,
  mask: Mask,
  from: OutputPosition,
  tell: Following['tell'],
): Promise<void> {
  const output = openOutput(directory, mask, from);
  while (await tellBatch(output, true, tell));
}

async function tellBatch(output: OutputReader, final: boolean, tell: Following['tell']): Promise<boolean> {
  const { lines, position } = await output.read(final);
  if (lines.length === 0) return false;
  await tell({ lines, position: { ...position } });
  return true;
}

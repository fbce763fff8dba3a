/**
 * Shows a run while it happens: redrawn in place on a terminal, one line per change everywhere else. It is fed with
 * events and does not care where they come from.
 */

import type { DeploymentEvent } from '../../../contract/event.ts';
import type { Run } from '../../../contract/run.ts';
import { eventLines } from './event-line.ts';
import { createLiveRegion } from './live-region.ts';
import type { TerminalStream } from './live-region.ts';
import { outputLines } from './play-output.ts';
import { applyEvent, learnRun, startProgress } from './progress.ts';
import type { RunProgress } from './progress.ts';
import { renderProgress } from './render-progress.ts';
import { deedOf } from './resource-words.ts';
import type { Deed } from './resource-words.ts';

export interface ProgressDisplay {
  /** Takes the next event. */
  event(event: DeploymentEvent): void;
  /** Takes what only the run itself tells: its nodes, their order and expected times. */
  learn(run: Run): void;
  /** Leaves the last frame on the terminal, stops the clock, gives the cursor back. Idempotent. */
  close(): void;
}

export interface ProgressDisplayOptions {
  readonly stream: TerminalStream;
  /** Default: what the stream says. */
  readonly isTTY?: boolean;
  readonly color: boolean;
  /** What the run is about, for example `web-app-prod in us-west-1`. */
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Default: the stream's own sizes, asked again for every frame so that a resized terminal is followed. */
  readonly columns?: number;
  readonly rows?: number;
}

const FRAME_MS = 100;

export function createProgressDisplay(options: ProgressDisplayOptions): ProgressDisplay {
  return (options.isTTY ?? options.stream.isTTY === true) ? createLiveDisplay(options) : createLineDisplay(options);
}

function createLiveDisplay(options: ProgressDisplayOptions): ProgressDisplay {
  const region = createLiveRegion(options.stream);
  let progress: RunProgress | undefined;
  // Until a moment of the server's own clock has been seen that is ahead of ours, the two are taken to agree.
  let aheadMs = 0;

  const frame = (): string[] => {
    if (!progress) return [];
    const { stream, title, color } = options;
    const columns = options.columns ?? stream.columns ?? 80;
    const rows = options.rows ?? stream.rows ?? 24;
    return renderProgress(progress, { title, color, columns, rows, now: options.now() + aheadMs });
  };
  const timer = setInterval(() => region.draw(frame()), FRAME_MS);
  timer.unref();

  return {
    event(event) {
      aheadMs = Math.max(aheadMs, Date.parse(event.at) - options.now());
      if (event.run_id === null) return;
      if (progress?.runId !== event.run_id) {
        if (progress && progress.finishedAt === undefined) return; // of a run that was accepted while this one ends
        if (progress) region.settle(frame());
        progress = startProgress(event.run_id);
      }
      applyEvent(progress, event);
      if (event.type === 'play.output') {
        region.settle(outputLines(event));
        region.draw(frame());
      }
    },
    learn(run) {
      if (progress?.runId === run.id) learnRun(progress, run);
    },
    close() {
      clearInterval(timer);
      region.settle(frame());
      region.close();
    },
  };
}

/** One line for each change; the time counts from the start of the run that the change belongs to. */
function createLineDisplay({ stream }: ProgressDisplayOptions): ProgressDisplay {
  const deeds = new Map<string, Deed>();
  const nodeName = (phase: unknown, key: string | null): string => `${String(phase)}:${key}`;
  let startedAt: number | undefined;
  return {
    event(event) {
      const at = Date.parse(event.at);
      startedAt = event.type === 'run.started' ? at : (startedAt ?? at);
      const lines = eventLines(event, startedAt, ({ data, key }) => {
        const byAction = deedOf(data['action'], data['phase'] === 'rollback' ? 'absent' : 'present');
        return deeds.get(nodeName(data['phase'], key)) ?? byAction;
      });
      for (const line of lines) stream.write(`${line}\n`);
    },
    learn(run) {
      deeds.clear();
      for (const { phase, key, does } of run.nodes) deeds.set(nodeName(phase, key), does);
    },
    close() {},
  };
}

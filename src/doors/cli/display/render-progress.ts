/**
 * One frame of the live display: what the run is doing, a bar with times, what is finished in one line, and one line
 * for each resource in flight. Pure: the same progress at the same time and size is the same frame.
 */

import { formatDuration } from './duration.ts';
import { etaMs, isOver, nodesOf, tallyOf } from './progress.ts';
import type { NodeProgress, RunProgress } from './progress.ts';
import { countNouns, countOf, did, doing, runWords, unitOf } from './resource-words.ts';
import { createPaint, cut, fit, plain, widthOf } from './terminal-text.ts';
import type { Paint } from './terminal-text.ts';

export interface FrameOptions {
  /** What the run is about, for example `web-app-prod in us-west-1`. */
  readonly title: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

interface Frame extends FrameOptions {
  readonly progress: RunProgress;
  readonly paint: Paint;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 100;
const KEY_WIDTH = 22;
/** Failed resources that are named at once. */
const FAILURES_SHOWN = 3;

/** The frame's lines: none wider than `columns`, and fewer than `rows` so that the terminal does not scroll. */
export function renderProgress(progress: RunProgress, options: FrameOptions): string[] {
  const frame: Frame = { ...options, progress, paint: createPaint(options.color) };
  if (progress.finishedAt !== undefined) return [endLine(frame), ...failureLines(frame)];
  const top = [headLine(frame), barLine(frame), ...failureLines(frame), ...finishedLine(frame)];
  const bottom = pendingLine(frame);
  const room = Math.max(1, options.rows - 1 - top.length - bottom.length);
  return [...top, ...activeLines(frame, room), ...bottom];
}

function headLine({ progress, paint, title, columns }: Frame): string {
  if (progress.phase === 'rollback') {
    const why = progress.rollbackReason === 'cancelled' ? 'as asked' : 'after a failure';
    return paint('yellow', cut(`Rolling back ${title} ${why}`, columns));
  }
  const suffix = progress.cancelRequested ? ' (cancel requested)' : '';
  return paint('bold', cut(`${runWords(progress.kind).doing} ${title}${suffix}`, columns));
}

function barLine({ progress, paint, now, columns }: Frame): string {
  const { done, total } = tallyOf(progress);
  const elapsed = progress.startedAt === undefined ? 0 : now - progress.startedAt;
  const eta = etaMs(progress, now);
  const left = eta === undefined ? '' : `, about ${formatDuration(eta)} left`;
  const words = `  ${done}/${total}  ${formatDuration(elapsed)}${left}`;
  const width = Math.max(4, Math.min(40, columns - widthOf(words) - 1));
  const filled = total === 0 ? 0 : Math.floor((done / total) * width);
  const color = progress.phase === 'rollback' ? 'yellow' : 'green';
  return `${paint(color, '━'.repeat(filled))}${paint('dim', '─'.repeat(width - filled))}${cut(words, columns - width)}`;
}

function failureLines({ progress, paint, columns }: Frame): string[] {
  const failed = [...progress.nodes.values()].filter((node) => node.state === 'failed');
  const lines = failed.slice(0, FAILURES_SHOWN).map((node) => {
    const text = `✖ ${doing(node.does)} ${node.key}: ${node.detail ?? 'failed'}`;
    return paint('red', cut(plain(text), columns));
  });
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, paint('red', `  … and ${countOf(more, 'more failure')}`)] : lines;
}

function finishedLine({ progress, paint, columns }: Frame): string[] {
  const done = nodesOf(progress).filter((node) => node.state === 'done');
  if (done.length === 0) return [];
  return [`${paint('green', '✔')} ${cut(doneWords(done), columns - 2)}`];
}

/** `3 servers`, or where different things were done `2 servers replaced; 1 server changed`. */
function doneWords(done: readonly NodeProgress[]): string {
  const byDeed = new Map<NodeProgress['does'], string[]>();
  for (const { does, kind } of done) byDeed.set(does, [...(byDeed.get(does) ?? []), kind]);
  if (byDeed.size === 1) return countNouns(done.map((node) => node.kind));
  return [...byDeed].map(([does, kinds]) => `${countNouns(kinds)} ${did(does)}`).join('; ');
}

function activeLines(frame: Frame, room: number): string[] {
  const active = nodesOf(frame.progress)
    .filter((node) => !isOver(node) && node.startedAt !== undefined)
    .toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  const shown = active.length <= room ? active : active.slice(0, room - 1);
  const lines = shown.map((node) => activeLine(node, frame));
  const more = active.length - shown.length;
  return more > 0 ? [...lines, frame.paint('dim', `  … and ${more} more in progress`)] : lines;
}

function activeLine(node: NodeProgress, { now, columns, paint }: Frame): string {
  const spin = SPINNER[Math.floor(now / SPIN_MS) % SPINNER.length] ?? '●';
  const time = formatDuration(now - (node.startedAt ?? now));
  const keyWidth = Math.min(KEY_WIDTH, Math.floor(columns / 3));
  const words = fit(plain(activeWords(node)), Math.max(0, columns - keyWidth - 4 - widthOf(time) - 1));
  const retrying = node.state === 'retrying';
  const sign = retrying ? paint('yellow', '↻') : paint('cyan', spin);
  return `${sign} ${fit(plain(node.key), keyWidth)}  ${retrying ? paint('yellow', words) : words} ${paint('dim', time)}`;
}

function activeWords(node: NodeProgress): string {
  if (node.state === 'retrying') return `trying again (attempt ${node.attempt}): ${node.detail ?? ''}`;
  if (node.state === 'waiting') return `${doing(node.does)}: ${node.detail ?? 'waiting for the cloud'}`;
  return doing(node.does);
}

function pendingLine({ progress, paint, columns }: Frame): string[] {
  const pending = nodesOf(progress).filter((node) => !isOver(node) && node.startedAt === undefined);
  if (pending.length === 0) return [];
  return [paint('dim', cut(`○ to come: ${countNouns(pending.map((node) => node.kind))}`, columns))];
}

function endLine({ progress, paint, title, columns }: Frame): string {
  const took = formatDuration((progress.finishedAt ?? 0) - (progress.startedAt ?? progress.finishedAt ?? 0));
  const words = runWords(progress.kind);
  const done = nodesOf(progress).filter((node) => node.state === 'done').length;
  if (progress.status === 'succeeded') {
    const text = `✔ ${words.did} ${title}: ${countOf(done, unitOf(progress.kind))} in ${took}`;
    return paint('green', cut(text, columns));
  }
  const undone = progress.phase === 'rollback' ? `, ${countOf(done, 'resource')} rolled back` : '';
  return paint('red', cut(`✖ ${words.noun} of ${title} ${progress.status} after ${took}${undone}`, columns));
}

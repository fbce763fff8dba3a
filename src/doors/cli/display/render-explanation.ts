/**
 * Why a deployment is where it is: one sentence, the chain of causes as a staircase, and the one fact that blocks it.
 */

import type { Static } from 'typebox';

import type { Explanation as ExplanationShape } from '../../../contract/explain.ts';
import { formatDuration, formatTime } from './duration.ts';
import { countOf, nounOf } from './resource-words.ts';
import { plain, wrap } from './terminal-text.ts';
import type { Color, Paint } from './terminal-text.ts';

export type Explanation = Static<typeof ExplanationShape>;
type Blocking = NonNullable<Explanation['blocking']>;

interface Page {
  readonly columns: number;
  readonly paint: Paint;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Lines of at most `columns` cells. */
export function renderExplanation(explanation: Explanation, page: Page): string[] {
  const { summary, chain, blocking, waiting } = explanation;
  return [
    ...wrap(plain(summary), page.columns).map((line) => page.paint('bold', line)),
    '',
    ...chainLines(chain, page),
    ...(blocking ? ['', ...blockingLines(blocking, explanation.stalled, page)] : []),
    ...(waiting.length === 0 ? [] : fact('behind it', waiting.map(behind).join(', '), page)),
  ];
}

/** Several things said of one subject stand side by side; a subject that is new is a step nearer to the cause. */
function chainLines(chain: Explanation['chain'], page: Page): string[] {
  let depth = 0;
  return chain.flatMap((link, index) => {
    if (index > 0 && link.subject !== chain[index - 1]?.subject) depth += 1;
    return linkLines(link, { depth, isLast: index === chain.length - 1 }, page);
  });
}

interface Place {
  readonly depth: number;
  readonly isLast: boolean;
}

/** Deeper and deeper, until a step would leave too little room for words. */
const DEEPEST = 8;
const STEP = 2;

function linkLines({ subject, statement }: Explanation['chain'][number], place: Place, page: Page): string[] {
  const depth = Math.min(place.depth, DEEPEST);
  const lead = depth === 0 ? '' : `${' '.repeat((depth - 1) * STEP)}└ `;
  const name = plain(subject);
  const [first = '', ...more] = wrap(plain(`${name}: ${statement}`), page.columns - lead.length);
  const color: Color = place.isLast ? 'yellow' : 'bold';
  const shown = first.startsWith(name) ? page.paint(color, name) + first.slice(name.length) : first;
  const below = ' '.repeat(lead.length);
  return [page.paint('dim', lead) + shown, ...more.map((line) => below + line)];
}

function blockingLines(blocking: Blocking, stalled: boolean, page: Page): string[] {
  const { observation, cloud_words: words, request_id: requestId, attempt, remedy } = blocking;
  return [
    ...fact('since', sinceWords(blocking, stalled), page, stalled ? 'red' : undefined),
    ...fact('attempt', attempt === 0 ? undefined : `${attempt}${nextWords(blocking, page)}`, page),
    ...fact('last seen', observation, page),
    ...fact('cloud says', words, page),
    ...fact('request id', requestId, page),
    ...fact('to do', remedy, page, 'green'),
  ];
}

function sinceWords({ since, waited_ms: waited, usual_p90_ms: usual }: Blocking, stalled: boolean): string {
  const p90 = usual === null ? 'no history of its kind' : `9 of 10 of its kind take at most ${formatDuration(usual)}`;
  return `${formatTime(since)}, for ${formatDuration(waited)} (${p90})${stalled ? ': STALLED' : ''}`;
}

function nextWords({ next_retry_at: next }: Blocking, { now }: Page): string {
  if (next === null) return '';
  const left = Date.parse(next) - now;
  return `, the next ${left > 0 ? `in ${formatDuration(left)}` : 'now'}`;
}

function behind({ kind, count }: Explanation['waiting'][number]): string {
  return countOf(count, nounOf(plain(kind)));
}

const LABEL_WIDTH = 12;

function fact(label: string, value: string | null | undefined, { columns, paint }: Page, color?: Color): string[] {
  if (value === null || value === undefined || value === '') return [];
  return wrap(plain(value), Math.max(20, columns - LABEL_WIDTH)).map((line, index) => {
    const shown = color === undefined ? line : paint(color, line);
    return (index === 0 ? paint('dim', label.padEnd(LABEL_WIDTH)) : ' '.repeat(LABEL_WIDTH)) + shown;
  });
}

/**
 * A region at the bottom of the terminal that is drawn over again and again. Lines are overwritten in place rather than
 * cleared first, so that nothing flickers; the cursor is hidden meanwhile and always given back.
 */

import { widthOf } from './terminal-text.ts';

export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Cells of a line; absent when it is not a terminal. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface LiveRegion {
  /** Shows these lines instead of those before. */
  draw(lines: readonly string[]): void;
  /** Leaves these lines on the terminal and starts a new region below them. */
  settle(lines: readonly string[]): void;
  /** Gives the cursor back. Idempotent. */
  close(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export function createLiveRegion(stream: TerminalStream): LiveRegion {
  let drawn: readonly string[] = [];
  let hidden = false;

  const overwrite = (lines: readonly string[]): void => {
    const up = heightOf(drawn, stream.columns ?? 80);
    const toStart = up === 0 ? '\r' : `\r\u001b[${up}A`;
    const body = lines.map((line) => `${line}${CLEAR_TO_LINE_END}\n`).join('');
    stream.write(`${hidden ? '' : HIDE_CURSOR}${toStart}${body}${CLEAR_BELOW}`);
    hidden = true;
    drawn = lines;
  };

  return {
    draw: overwrite,
    settle(lines) {
      overwrite(lines);
      drawn = [];
    },
    close() {
      if (hidden) stream.write(SHOW_CURSOR);
      hidden = false;
      drawn = [];
    },
  };
}

/** Lines that the region takes now: a terminal that became narrower has wrapped what was drawn before. */
function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))), 0);
}

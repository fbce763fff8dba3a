/**
 * Text for a terminal: how wide it is, how to cut and pad it, and how to colour it. Everything that came from a server
 * or a cloud goes through `plain` first, so that no one can steer a terminal with the name of a machine.
 */

// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;
// eslint-disable-next-line no-control-regex -- colour sequences start with ESC
const COLOR_SEQUENCE = /\u001b\[[0-9;]*m/g;
/** Scripts and symbols that terminals draw two cells wide, roughly Unicode's East Asian Wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{Mark}/u;

/** One line without control characters. */
export function plain(text: string): string {
  return text.replace(CONTROL, ' ').trim();
}

/** A line of some program's output: without control characters and colours, with its indentation. */
export function printable(line: string): string {
  return line.replace(COLOR_SEQUENCE, '').replaceAll('\t', '    ').replace(CONTROL, ' ').trimEnd();
}

/** Cells that a text takes; colours take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(COLOR_SEQUENCE, '')) width += cellsOf(character);
  return width;
}

/** At most `width` cells of an uncoloured text; what was cut shows as an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += cellsOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Filled up with spaces to `width` cells, at the end or at the start. */
export function pad(text: string, width: number, side: 'end' | 'start' = 'end'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'end' ? text + space : space + text;
}

/** Exactly `width` cells. */
export function fit(text: string, width: number): string {
  return pad(cut(text, width), width);
}

/** Breaks an uncoloured text into lines of at most `width` cells, between words where that is possible. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((whole) => chunks(whole, width))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function chunks(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const characters = [...word];
  const count = Math.ceil(characters.length / width);
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(''));
}

function cellsOf(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

export type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
/** Colours a text, or leaves it as it is when colours are off. */
export type Paint = (color: Color, text: string) => string;

const COLOR_CODES: Readonly<Record<Color, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export function createPaint(enabled: boolean): Paint {
  if (!enabled) return (_, text) => text;
  return (color, text) => {
    const [on, off] = COLOR_CODES[color];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

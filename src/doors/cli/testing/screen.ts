/**
 * A terminal of a fixed size that understands as much as the live display uses: what a person would see.
 */

export interface Screen {
  write(text: string): void;
  /** Every line that was ever on the screen, those scrolled away included, without trailing blanks. */
  lines(): string[];
  readonly cursorHidden: boolean;
}

const SEQUENCE = /\u001b\[(\?25[lh]|\d*[A-Za-z])|[\s\S]/gu;

export function createScreen(columns: number, rows: number): Screen {
  const cells: string[][] = [[]];
  let row = 0;
  let column = 0;
  let hidden = false;
  const top = (): number => Math.max(0, cells.length - rows);

  const down = (): void => {
    row += 1;
    cells[row] ??= [];
  };
  const control = (code: string): void => {
    if (code.startsWith('?25')) hidden = code === '?25l';
    else if (code.endsWith('A')) row = Math.max(top(), row - Number(code.slice(0, -1) || 1));
    else if (code.endsWith('K')) cells[row]?.splice(column);
    else if (code.endsWith('J')) {
      cells[row]?.splice(column);
      cells.splice(row + 1);
    } else if (!code.endsWith('m')) throw new Error(`the screen does not know the sequence ${code}`);
  };
  const put = (character: string): void => {
    if (character === '\r') column = 0;
    else if (character === '\n') {
      column = 0; // as a terminal driver does on output
      down();
    } else {
      if (column >= columns) {
        column = 0;
        down();
      }
      (cells[row] ?? [])[column] = character;
      column += 1;
    }
  };
  return {
    write(text) {
      for (const [whole, code] of text.matchAll(SEQUENCE)) {
        if (code === undefined) put(whole);
        else control(code);
      }
    },
    lines: () =>
      cells.map((line) =>
        Array.from(line, (cell) => cell ?? ' ')
          .join('')
          .trimEnd(),
      ),
    get cursorHidden() {
      return hidden;
    },
  };
}

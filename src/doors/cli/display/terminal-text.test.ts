import { describe, expect, it } from 'vitest';

import { formatDuration } from './duration.ts';
import { renderTable } from './render-table.ts';
import { createPaint, cut, fit, plain, widthOf, wrap } from './terminal-text.ts';

describe('text for a terminal', () => {
  it('counts cells, not characters', () => {
    expect(widthOf('網路')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(widthOf(createPaint(true)('red', 'abc'))).toBe(3);
  });

  it('cuts and fills to exact widths, also between wide characters', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(widthOf(fit('網路網路', 6))).toBe(6);
    expect(fit('ab', 4)).toBe('ab  ');
  });

  it('wraps between words and breaks what is longer than a line', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
  });

  it('takes out what could steer the terminal', () => {
    expect(plain('a\u001b]0;title\u0007b\nc\u202ed')).toBe('a ]0;title b c d');
  });

  it.each([
    [0, '0.0 s'],
    [9940, '9.9 s'],
    [9960, '10 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [-5, '0.0 s'],
  ])('says %i ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('a table', () => {
  const rows = [{ name: 'a-rather-long-name-of-something', id: '0123456789', note: 'x' }];
  const columns = [
    { head: 'NAME', value: (row: { name: string }) => row.name, shrinks: true },
    { head: 'ID', value: (row: { id: string }) => row.id },
    { head: 'NOTE', value: (row: { note: string }) => row.note, optional: true },
  ];
  const render = (width: number) => renderTable(rows, columns, { columns: width, paint: createPaint(false) });

  it('is as wide as its content where there is room', () => {
    expect(render(80)).toEqual([
      'NAME                             ID          NOTE',
      'a-rather-long-name-of-something  0123456789  x',
    ]);
  });

  it('cuts what may be cut, then leaves out what may be left out', () => {
    expect(render(40)[1]).toBe('a-rather-long-name-of…  0123456789  x');
    expect(render(22)).toEqual(['NAME        ID', 'a-rather-…  0123456789']);
  });
});

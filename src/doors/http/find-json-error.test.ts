import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonError } from './find-json-error.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('finding where JSON breaks', () => {
  it.each([
    ['', 0],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['[1 2]', 3],
    ['{a: 1}', 1],
    ['[1}', 2],
    ['"tab\there"', 4],
    ['"\\x"', 1],
    ['[01]', 2],
    ['{"a": nope}', 6],
    ['{} {}', 3],
    ['["open', 6],
  ])('%j breaks at %i', (text, position) => {
    expect(findJsonError(text)).toBe(position);
  });

  it('finds an error exactly where the platform refuses', () => {
    const brokenJson = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '0', '-', '\\', ' ', 'e', '\u0001'))
      .map(([json, at, put]) => json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1));
    fc.assert(
      fc.property(fc.oneof(fc.json(), brokenJson), (text) => {
        expect(findJsonError(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });
});

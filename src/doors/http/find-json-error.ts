/**
 * Finds where a text stops being JSON (https://www.rfc-editor.org/rfc/rfc8259). It keeps its own stack, so depth cannot
 * break it, and looks at every character once.
 */

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** What may come next: a value, a value or the end of its list, a name, a name or `}`, a colon, or what ends a member. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing';

/** Index of the first character that cannot stand there, the length for a text that ends early, undefined for JSON. */
export function findJsonError(text: string): number | undefined {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  for (let at = skip(SPACE, text, 0); at < text.length; at = skip(SPACE, text, at)) {
    const character = text[at] ?? '';
    const next = step(character, expected, open);
    if (next === undefined) return at;
    const end = endOfToken(text, at);
    if (typeof end !== 'number') return end.brokenAt;
    expected = next;
    at = end;
  }
  return expected === 'nothing' ? undefined : text.length;
}

/** What is expected after a token that starts with this character; undefined when it may not stand here. */
function step(character: string, expected: Expected, open: ('[' | '{')[]): Expected | undefined {
  const mayEnd = expected === 'comma or end';
  if (character === ',') return mayEnd ? (open.at(-1) === '{' ? 'name' : 'value') : undefined;
  if (character === ':') return expected === 'colon' ? 'value' : undefined;
  if (character === ']' || character === '}') {
    const opener = character === ']' ? '[' : '{';
    const fits = mayEnd || expected === (character === ']' ? 'value or ]' : 'name or }');
    return fits && open.at(-1) === opener && open.pop() ? afterValue(open) : undefined;
  }
  if (expected === 'name' || expected === 'name or }') return character === '"' ? 'colon' : undefined;
  if (expected !== 'value' && expected !== 'value or ]') return undefined;
  if (character === '{' || character === '[') {
    open.push(character);
    return character === '{' ? 'name or }' : 'value or ]';
  }
  return afterValue(open);
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function endOfToken(text: string, at: number): number | { readonly brokenAt: number } {
  const character = text[at] ?? '';
  if ('{}[]:,'.includes(character)) return at + 1;
  if (character === '"') return endOfString(text, at);
  const end = Math.max(skip(NUMBER, text, at), skip(WORD, text, at));
  return end > at ? end : { brokenAt: at };
}

function endOfString(text: string, start: number): number | { readonly brokenAt: number } {
  for (let at = start + 1; at < text.length;) {
    const character = text[at] ?? '';
    if (character === '"') return at + 1;
    if (character < ' ') return { brokenAt: at };
    const end = character === '\\' ? skip(ESCAPE, text, at) : at + 1;
    if (end === at) return { brokenAt: at };
    at = end;
  }
  return { brokenAt: text.length };
}

/** Where a sticky pattern ends when it starts here; the start when it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

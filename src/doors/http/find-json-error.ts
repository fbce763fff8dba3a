/**
 * Finds where a text stops being JSON (https://www.rfc-editor.org/rfc/rfc8259). It keeps its own stack, so depth cannot
 * break it, and looks at every character once.
 */

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Token = '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'scalar';

/** What may come next, and by which tokens. */
const ALLOWED = {
  value: ['{', '[', 'string', 'scalar'],
  'value or ]': ['{', '[', 'string', 'scalar', ']'],
  name: ['string'],
  'name or }': ['string', '}'],
  colon: [':'],
  'comma or end': [',', ']', '}'],
  nothing: [],
} as const satisfies Record<string, readonly Token[]>;
type Expected = keyof typeof ALLOWED;

/** Index of the first character that cannot stand there, the length for a text that ends early, undefined for JSON. */
export function findJsonError(text: string): number | undefined {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  for (let at = skip(SPACE, text, 0); at < text.length; at = skip(SPACE, text, at)) {
    const token = tokenAt(text, at);
    const next = step(token, expected, open);
    if (next === undefined) return at;
    const end = endOfToken(token, text, at);
    if (typeof end !== 'number') return end.brokenAt;
    expected = next;
    at = end;
  }
  return expected === 'nothing' ? undefined : text.length;
}

/** What is expected after a token; undefined when it may not stand here. Keeps `open` up to date. */
function step(token: Token, expected: Expected, open: ('[' | '{')[]): Expected | undefined {
  if (!(ALLOWED[expected] as readonly Token[]).includes(token)) return undefined;
  switch (token) {
    case '{':
    case '[':
      open.push(token);
      return FIRST_INSIDE[token];
    case '}':
    case ']':
      return open.pop() === OPENERS[token] ? afterValue(open) : undefined;
    case ',':
      return open.at(-1) === '{' ? 'name' : 'value';
    case ':':
      return 'value';
    default:
      return expected.startsWith('name') ? 'colon' : afterValue(open);
  }
}

const FIRST_INSIDE = { '{': 'name or }', '[': 'value or ]' } as const;
const OPENERS = { '}': '{', ']': '[' } as const;

function tokenAt(text: string, at: number): Token {
  const character = text[at] ?? '';
  if ('{}[],:'.includes(character)) return character as Token; // each of these is one
  return character === '"' ? 'string' : 'scalar';
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function endOfToken(token: Token, text: string, at: number): number | { readonly brokenAt: number } {
  if (token === 'string') return endOfString(text, at);
  if (token !== 'scalar') return at + 1;
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

/**
 * Taking secrets out of what a play prints. What is known to be secret is looked for in every form in which Ansible, Python
 * or a shell may print it; what a playbook reads by itself (a vault) cannot be known, and `no_log` is for that.
 */

export interface Mask {
  (text: string): string;
  /** Every form of every secret; a text that is cut within one would let its two halves through. */
  readonly forms: readonly Buffer[];
}

const MASKED = '********';
/** A shorter secret is masked only where it stands by itself: masking every `1` would leave nothing to read. */
const SHORT = 4;

export function createMask(secrets: readonly string[]): Mask {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form !== '').toSorted(longestFirst);
  const pattern = forms.length === 0 ? undefined : new RegExp(forms.map(patternOf).join('|'), 'g');
  const mask = (text: string): string => (pattern ? text.replace(pattern, MASKED) : text);
  return Object.assign(mask, { forms: forms.map((form) => Buffer.from(form)) });
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const wholes = [secret, secret.trim(), ...(lines.length > 1 ? lines.filter((line) => line.length >= SHORT) : [])];
  return wholes.flatMap((whole) => [
    whole,
    inJson(whole),
    asciiOnly(inJson(whole)),
    whole.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n'),
    encodeURIComponent(whole.replace(/\p{Surrogate}/gu, '')),
    ...(whole.length >= SHORT ? [Buffer.from(whole).toString('base64')] : []),
  ]);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As Python's JSON writes it. */
function asciiOnly(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function patternOf(form: string): string {
  const literal = form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return form.length >= SHORT ? literal : `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`;
}

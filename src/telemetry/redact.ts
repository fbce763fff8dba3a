/**
 * Keeps secrets out of logs. A path list (the logging library's own way) misses every secret that turns up one level
 * deeper than foreseen, so this looks at the name of every field at every depth, and at every text for credentials in
 * a URL. The price is one walk over the fields of a line; lines are few and small.
 *
 * A field that is plainly called `key` is the key of a resource and stays; API keys are called `api_key`.
 */

const SECRET_NAME =
  /pass(word|phrase|wd)?$|secret|token$|^authorization$|cookie$|api[-_]?key|admin[-_]?key|private[-_]?key|user[-_]?data|credentials?$/i;
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi;
const MAX_DEPTH = 8;
/** Fastify's raw request and reply: its own serializers take the few fields that are logged. */
const LEFT_TO_SERIALIZERS = new Set(['req', 'res']);

export const REDACTED = '[redacted]';

/** A text with the passwords of URLs in it masked: `postgres://me:[redacted]@host/db`. */
export function maskUrlPasswords(text: string): string {
  return text.includes('://') ? text.replace(URL_PASSWORD, `$1:${REDACTED}@`) : text;
}

/**
 * A copy of log fields, as plain JSON-like data, without secrets. Errors become type, message, stack and their chain
 * of causes.
 */
export function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, []);
}

function redactObject(source: object, ancestors: readonly object[]): Record<string, unknown> {
  const inside = [...ancestors, source];
  const redact = (name: string, value: unknown): unknown => {
    if (isSecret(name, value)) return REDACTED;
    return ancestors.length === 0 && LEFT_TO_SERIALIZERS.has(name) ? value : redactValue(value, inside);
  };
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, redact(name, value)]));
}

/** Counts and flags such as `tokens: 3` or `has_password: true` tell nothing. */
function isSecret(name: string, value: unknown): boolean {
  return SECRET_NAME.test(name) && (typeof value === 'string' || (typeof value === 'object' && value !== null));
}

function redactValue(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value === 'string') return maskUrlPasswords(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length > MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, ancestors);
  if (value instanceof Date || value instanceof URL) return maskUrlPasswords(String(value.toJSON()));
  if (Array.isArray(value)) return value.map((item) => redactValue(item, [...ancestors, value]));
  return redactObject(value, ancestors);
}

function redactError(error: Error, ancestors: readonly object[]): Record<string, unknown> {
  return {
    ...redactObject(error, ancestors),
    type: error.name,
    message: maskUrlPasswords(error.message),
    ...(error.stack === undefined ? {} : { stack: maskUrlPasswords(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, [...ancestors, error]) }),
  };
}

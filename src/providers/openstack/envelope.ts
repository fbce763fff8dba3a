/**
 * Error envelopes: OpenStack's services wrap their refusals in four different shapes, and proxies in front of them
 * answer HTML or nothing. This file finds the words in all of them; `errors.ts` decides what they mean.
 *
 * Shapes, as recorded from Keystone 22, Nova 26, Neutron 21 and Glance 25:
 * - Keystone and the token middleware: `{"error":{"code":401,"message":"…","title":"Unauthorized"}}`
 * - Nova: `{"forbidden":{"code":403,"message":"…"}}`, with a name of its own per status
 * - Neutron: `{"NeutronError":{"type":"OverQuota","message":"…","detail":""}}`
 * - Glance, unknown Nova paths, a middleware that misses Keystone: `{"message":"…<br /><br />…","code":"404 Not Found"}`
 */

export interface Envelope {
  /** The cloud's own words on one line, without markup; empty when it said nothing. */
  readonly message: string;
  /** Neutron's exception name, for example `SubnetInUse`. */
  readonly type?: string;
}

const LONGEST_MESSAGE = 1000;

/** Reads any answer body: parsed JSON, or text as it came. */
export function readEnvelope(body: unknown): Envelope {
  if (typeof body === 'string') return { message: tidy(body) };
  if (!isRecord(body)) return { message: '' };
  const inner = [body, ...Object.values(body)].find((value) => isRecord(value) && typeof value['message'] === 'string');
  if (!isRecord(inner)) return { message: neutronText(body) };
  const type = inner['type'];
  const words = tidy(String(inner['message']));
  // `HTTPBadRequest` and its like only repeat the status.
  if (typeof type !== 'string' || type === '' || type.startsWith('HTTP')) return { message: words };
  return { message: words, type };
}

/** Some refusals of Neutron's front end are a bare text: `{"NeutronError": "…"}`. */
function neutronText(body: Record<string, unknown>): string {
  const text = body['NeutronError'];
  return typeof text === 'string' ? tidy(text) : '';
}

/** One line, no markup, and no user data: Nova repeats a refused value word by word, and that one may hold secrets. */
function tidy(text: string): string {
  return text
    .replace(/(attribute user_data\. Value: )[\s\S]*/, '$1(not shown)')
    .replace(/('user_data': )'[^']*'?/g, '$1(not shown)')
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<\/?(?:br|p|html|body|h\d|title|center|hr|a|div|pre|address)\b[^>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_MESSAGE);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

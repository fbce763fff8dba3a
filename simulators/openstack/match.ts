/**
 * Which calls a fault or a gate is about, and counting them.
 *
 * A rule counts the calls that match it from the moment it was made; it applies to the `nth` of them (1 is the next)
 * and to the `times - 1` that follow. `times: 0` means for ever.
 */
import { isObject, parseJson, type Call, type JsonObject, type ServiceName } from './wire.ts';

export interface Match {
  readonly service: ServiceName | undefined;
  readonly method: string | undefined;
  readonly path: RegExp | undefined;
  /** On the name in the body, or of the object the path points at. */
  readonly name: RegExp | undefined;
}

/** Finds the name of the object with this id, whatever its kind. */
export type NameOf = (id: string) => string | undefined;

const services: Readonly<Record<string, ServiceName>> = {
  keystone: 'keystone',
  identity: 'keystone',
  nova: 'nova',
  compute: 'nova',
  neutron: 'neutron',
  network: 'neutron',
  glance: 'glance',
  image: 'glance',
  placement: 'placement',
};

/** Reads `{service?, method?, path?, name?}`; throws an Error with a sentence on what is wrong. */
export function readMatch(value: unknown): Match {
  const wanted = value ?? {};
  if (!isObject(wanted)) throw new Error('match must be an object');
  for (const key of Object.keys(wanted)) {
    if (!['service', 'method', 'path', 'name'].includes(key))
      throw new Error(`match.${key} is not known; use service, method, path, name`);
  }
  const service = text(wanted, 'service');
  if (service !== undefined && services[service] === undefined)
    throw new Error(`match.service ${service} is not one of ${Object.keys(services).join(', ')}`);
  return {
    service: service === undefined ? undefined : services[service],
    method: text(wanted, 'method')?.toUpperCase(),
    path: pattern(wanted, 'path'),
    name: pattern(wanted, 'name'),
  };
}

export function matches(match: Match, call: Call, nameOf: NameOf): boolean {
  if (match.service !== undefined && match.service !== call.service) return false;
  if (match.method !== undefined && match.method !== call.method) return false;
  if (match.path !== undefined && !match.path.test(call.path)) return false;
  return match.name === undefined || match.name.test(nameIn(call, nameOf) ?? '');
}

/** The form in which a match is shown by the admin endpoint. */
export function showMatch(match: Match): JsonObject {
  return { service: match.service, method: match.method, path: match.path?.source, name: match.name?.source };
}

export class Turns {
  readonly nth: number;
  readonly times: number;
  seen = 0;
  used = 0;

  constructor(nth: unknown, times: unknown) {
    this.nth = wholeNumber(nth, 'nth', 1);
    this.times = wholeNumber(times, 'times', 1);
  }

  /** Counts one matching call; true when the rule applies to it. */
  take(): boolean {
    this.seen += 1;
    if (this.seen < this.nth || this.spent) return false;
    this.used += 1;
    return true;
  }

  get spent(): boolean {
    return this.times > 0 && this.used >= this.times;
  }
}

/** The name that the body of a creation or a change gives its object. */
export function nameInBody(call: Call): string | undefined {
  const body = parseJson(call.body);
  if (!isObject(body)) return undefined;
  for (const inner of Object.values(body)) {
    if (isObject(inner) && typeof inner['name'] === 'string') return inner['name'];
  }
  return undefined;
}

function nameIn(call: Call, nameOf: NameOf): string | undefined {
  const named = nameInBody(call);
  if (named !== undefined) return named;
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(call.path)?.[0];
  return id === undefined ? undefined : nameOf(id);
}

function text(from: JsonObject, key: string): string | undefined {
  const value = from[key];
  if (value === undefined || typeof value === 'string') return value;
  throw new Error(`match.${key} must be a string`);
}

function pattern(from: JsonObject, key: string): RegExp | undefined {
  const source = text(from, key);
  return source === undefined ? undefined : new RegExp(source);
}

function wholeNumber(value: unknown, name: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${name} must be a whole number`);
}

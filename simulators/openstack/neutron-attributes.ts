/**
 * Reads the body of a Neutron POST or PUT against a map of attributes, refusing as Neutron's API layer does:
 * unknown attributes first, then missing and forbidden ones, then values, in the order of the map.
 */
import { parseAddress, parseCidr } from './addresses.ts';
import { isUuid } from './identifiers.ts';
import { badRequest, forbidden, invalidInput } from './neutron-errors.ts';
import { isObject, type JsonObject } from './wire.ts';

export interface Attribute {
  /** Absent means read-only. */
  readonly post?: 'optional' | 'required';
  readonly put?: boolean;
  /** Only administrators may set it. */
  readonly admin?: boolean;
  /** The reason why the value is refused, if it is. */
  readonly check?: (value: unknown) => string | undefined;
  /** Turns the value into what is stored; may throw a Refusal. */
  readonly convert?: (value: unknown) => unknown;
}

export type AttributeMap = Readonly<Record<string, Attribute>>;

export function readAttributes(map: AttributeMap, wanted: JsonObject, use: 'post' | 'put', admin: boolean): JsonObject {
  const extra = Object.keys(wanted).filter((name) => !(name in map));
  if (extra.length > 0) throw badRequest(`Unrecognized attribute(s) '${extra.join(', ')}'`);
  for (const [name, attribute] of Object.entries(map)) refuseMisplaced(name, attribute, wanted, use);
  const read: JsonObject = {};
  for (const [name, attribute] of Object.entries(map)) {
    if (!(name in wanted)) continue;
    if (attribute.admin === true && !admin) throw forbidden(`${use === 'post' ? 'create' : 'update'}:${name}`);
    read[name] = readValue(name, attribute, wanted[name]);
  }
  return read;
}

function refuseMisplaced(name: string, attribute: Attribute, wanted: JsonObject, use: 'post' | 'put'): void {
  if (use === 'put') {
    if (name in wanted && attribute.put !== true) throw badRequest(`Cannot update read-only attribute ${name}`);
    return;
  }
  if (attribute.post === undefined && name in wanted) throw badRequest(`Attribute '${name}' not allowed in POST`);
  if (attribute.post === 'required' && !(name in wanted)) {
    throw badRequest(`Failed to parse request. Required attribute '${name}' not specified`);
  }
}

function readValue(name: string, attribute: Attribute, value: unknown): unknown {
  const converted = attribute.convert === undefined ? value : attribute.convert(value);
  const reason = attribute.check?.(converted);
  if (reason !== undefined) throw badRequest(`Invalid input for ${name}. Reason: ${reason}.`);
  return converted;
}

/** Attributes that every resource with standard attributes has. */
export const standard: AttributeMap = {
  id: {},
  tenant_id: { post: 'optional', check: (value) => textReason(value, 255) },
  project_id: { post: 'optional', check: (value) => textReason(value, 255) },
  description: { post: 'optional', put: true, check: (value) => textReason(value, 255) },
  created_at: {},
  updated_at: {},
  revision_number: {},
  tags: {},
};

export const text =
  (length: number): ((value: unknown) => string | undefined) =>
  (value) =>
    textReason(value, length);

function textReason(value: unknown, length: number): string | undefined {
  if (typeof value !== 'string') return `'${show(value)}' is not a valid string`;
  return value.length > length ? `'${value}' exceeds maximum length of ${length}` : undefined;
}

export function uuidReason(value: unknown): string | undefined {
  return typeof value === 'string' && isUuid(value) ? undefined : `'${show(value)}' is not a valid UUID`;
}

export function addressReason(value: unknown): string | undefined {
  if (typeof value === 'string' && parseAddress(value) !== undefined) return undefined;
  return `'${show(value)}' is not a valid IP address`;
}

export function toBoolean(value: unknown): boolean {
  if (value === true || value === 1 || value === 'true' || value === 'True' || value === '1') return true;
  if (value === false || value === 0 || value === 'false' || value === 'False' || value === '0') return false;
  throw invalidInput(`'${show(value)}' cannot be converted to boolean`);
}

export function toInteger(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw invalidInput(`'${show(value)}' is not an integer`);
}

/** Refuses what is not a CIDR at all; host bits are cut later, silently, by the subnet code. */
export function toCidrText(value: unknown): unknown {
  if (typeof value === 'string' && parseCidr(value) === undefined)
    throw invalidInput(`${value} is not in a CIDR format`);
  return value;
}

export function oneOf(values: readonly (string | number)[]): (value: unknown) => string | undefined {
  const listed = `[${values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(', ')}]`;
  return (value) => (values.includes(value as string) ? undefined : `${show(value)} is not in ${listed}`);
}

/** A list whose items each pass `reason`. */
export function listOf(
  kind: string,
  reason: (item: unknown) => string | undefined,
): (value: unknown) => string | undefined {
  return (value) => {
    if (!Array.isArray(value)) return `Invalid data format for ${kind}: '${show(value)}'`;
    for (const item of value) {
      const found = reason(item);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

export function objectReason(kind: string, keys: readonly string[]): (item: unknown) => string | undefined {
  return (item) => {
    if (!isObject(item)) return `Invalid data format for ${kind}: '${show(item)}'`;
    const missing = keys.filter((key) => typeof item[key] !== 'string');
    return missing.length === 0 ? undefined : `Invalid data format for ${kind}: '${show(item)}'`;
  };
}

function show(value: unknown): string {
  if (value === null) return 'None';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

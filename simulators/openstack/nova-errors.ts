/** Nova's error envelope: one object whose key names the kind. */
import { Refusal } from './wire.ts';

const kinds: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  406: 'computeFault',
  409: 'conflictingRequest',
  413: 'overLimit',
  500: 'computeFault',
  503: 'serviceUnavailable',
};

export function refuse(code: number, message: string): Refusal {
  return new Refusal({ status: code, body: novaError(code, message) });
}

export function novaError(code: number, message: string): Record<string, unknown> {
  return { [kinds[code] ?? 'computeFault']: { code, message } };
}

export function badRequest(message: string): Refusal {
  return refuse(400, message);
}

export function conflict(message: string): Refusal {
  return refuse(409, message);
}

export function noInstance(id: string): Refusal {
  return refuse(404, `Instance ${id} could not be found.`);
}

/** The 403 of a rule, named without its service, e.g. `servers:index:get_all_tenants`. */
export function forbidden(rule: string): Refusal {
  return refuse(403, `Policy doesn't allow os_compute_api:${rule} to be performed.`);
}

/** As Nova words a breach of its request schemas. */
export function invalidField(field: string, value: unknown, reason: string): Refusal {
  return badRequest(`Invalid input for field/attribute ${field}. Value: ${shown(value)}. ${reason}`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** A JSON value as Python prints it; the messages quote their input so. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${pythonRepr(key)}: ${pythonRepr(inner)}`)
    .join(', ')}}`;
}

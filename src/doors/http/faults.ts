/**
 * Turns what the validator complains about into faults that a person can act upon: where, what, the offending value,
 * and what to do. Pure.
 */

import type { ErrorObject } from 'ajv';
import type { Fault } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { lastName, pointerStep } from './json-pointer.ts';
import { nearestWord } from './nearest-word.ts';

export type RequestPart = 'body' | 'params' | 'querystring' | 'headers';

const MOST_FAULTS = 20;
const LONGEST_VALUE = 200;
const SECRET_NAME = /pass|secret|token|credential|private|api_?key/i;
const POINTER_ROOTS = { body: '', params: 'path', querystring: 'query', headers: 'header' } as const;

/** The faults behind a failed validation, at most 20 of them. */
export function faultsOf(errors: readonly ErrorObject[], part: RequestPart): Fault[] {
  const faults: Fault[] = [];
  for (const error of errors) {
    // It only repeats that one of the names was refused, which has an error of its own.
    if (error.keyword === 'propertyNames') continue;
    faults.push(faultOf(error, part));
    if (faults.length === MOST_FAULTS) break;
  }
  return faults;
}

function faultOf(error: ErrorObject, part: RequestPart): Fault {
  const name = nameInQuestion(error);
  const within = error.instancePath + (name === undefined ? '' : pointerStep(name));
  const pointer = POINTER_ROOTS[part] + (part === 'headers' ? canonicalHeader(within) : within);
  const { detail, remedy } = explain(error, part);
  const value = offendingValue(error, name);
  const secret = SECRET_NAME.test(lastName(pointer));
  return value === undefined || secret ? { pointer, detail, remedy } : { pointer, detail, value, remedy };
}

/** The member that the error is about, where it is reported on the object around it. */
function nameInQuestion({ keyword, params, propertyName }: ErrorObject): string | undefined {
  if (keyword === 'required') return params['missingProperty'] as string; // set by the validator for this keyword
  if (keyword === 'additionalProperties') return params['additionalProperty'] as string; // likewise
  return propertyName;
}

/** Fastify validates `null` when there was no body. */
function isMissingBody({ keyword, data, instancePath }: ErrorObject): boolean {
  return keyword === 'type' && data === null && instancePath === '';
}

function offendingValue(error: ErrorObject, name: string | undefined): Json | undefined {
  const { keyword, data, propertyName } = error;
  if (keyword === 'required' || isMissingBody(error)) return undefined;
  if (propertyName !== undefined) return shortened(propertyName);
  const value = name === undefined ? data : (data as Record<string, unknown>)[name];
  return shortened(value as Json); // what is validated was read from JSON or is text
}

/** Long values are cut: the fault names a place, it does not repeat the request. */
function shortened(value: Json): Json | undefined {
  if (typeof value === 'string') return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
  return JSON.stringify(value).length > LONGEST_VALUE ? undefined : value;
}

interface Explanation {
  readonly detail: string;
  readonly remedy: string;
}

function explain(error: ErrorObject, part: RequestPart): Explanation {
  const { keyword, params, data } = error;
  const schema = (error.parentSchema ?? {}) as { readonly description?: string };
  const hint = schema.description;
  switch (keyword) {
    case 'required':
      return missing(error);
    case 'additionalProperties':
      return unknownName(error, part);
    case 'enum':
      return unknownWord(data, params['allowedValues'] as string[]); // set by the validator for this keyword
    case 'type':
      return isMissingBody(error)
        ? { detail: 'The body is missing.', remedy: 'Send a JSON object with Content-Type: application/json.' }
        : { detail: `This is ${typeName(data)}.`, remedy: `Send ${wantedTypes(params['type'])}.` };
    case 'format':
      return { detail: `This is not a valid ${params['format']}.`, remedy: hint ?? `Send a ${params['format']}.` };
    case 'pattern':
      return { detail: `This does not match ${params['pattern']}.`, remedy: hint ?? 'Send a value that matches.' };
    default:
      return { detail: `This ${error.message ?? keyword}.`, remedy: limitRemedy(error) };
  }
}

function missing(error: ErrorObject): Explanation {
  const name = error.params['missingProperty'] as string; // set by the validator for this keyword
  const properties = propertiesOf(error);
  const hint = properties[name]?.description;
  return { detail: `"${name}" is missing.`, remedy: hint === undefined ? `Add "${name}".` : `Add "${name}": ${hint}` };
}

function unknownName(error: ErrorObject, part: RequestPart): Explanation {
  const name = error.params['additionalProperty'] as string; // set by the validator for this keyword
  const known = Object.keys(propertiesOf(error));
  const meant = nearestWord(name, known);
  const noun = part === 'querystring' ? 'query parameter' : 'field';
  const detail = `There is no ${noun} "${name}" here.`;
  if (meant !== undefined) return { detail, remedy: `Did you mean "${meant}"?` };
  return { detail, remedy: known.length === 0 ? 'Leave it out.' : `Known here: ${known.join(', ')}.` };
}

function unknownWord(value: unknown, allowed: readonly string[]): Explanation {
  const meant = typeof value === 'string' ? nearestWord(value, allowed) : undefined;
  const list = allowed.join(', ');
  return {
    detail: `This is not one of ${list}.`,
    remedy: meant === undefined ? `Send one of ${list}.` : `Did you mean "${meant}"?`,
  };
}

function limitRemedy({ keyword, params }: ErrorObject): string {
  const limit = String(params['limit']);
  if (keyword === 'minimum') return `Send ${limit} or more.`;
  if (keyword === 'maximum') return `Send ${limit} or less.`;
  return keyword.startsWith('min') ? `Send at least ${limit}.` : `Send at most ${limit}.`;
}

function propertiesOf(error: ErrorObject): Readonly<Record<string, { readonly description?: string } | undefined>> {
  return (error.parentSchema as { properties?: Record<string, { description?: string }> }).properties ?? {};
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return TYPE_NAMES[typeof value] ?? typeof value;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  integer: 'a whole number',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function wantedTypes(types: unknown): string {
  return [types]
    .flat()
    .map((type) => TYPE_NAMES[String(type)] ?? String(type))
    .join(' or ');
}

/** `/idempotency-key` becomes `/Idempotency-Key`, as people write it. */
function canonicalHeader(pointer: string): string {
  return pointer.replace(/(^\/|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/**
 * Checking request parameters against a template's own schema (JSON Schema draft 2020-12), and filling in its defaults.
 */

import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Fault } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { declaredParameters, escapePointer, tierCountParameters } from '../domain/merge-template.ts';
import type { Template } from '../domain/template.ts';

const compiled = new Map<string, ValidateFunction>();
const COMPILED_AT_MOST = 500;

/** @returns the values with defaults, and every fault with a pointer into the request */
export function checkParameters(template: Template, given: JsonObject): { values: JsonObject; faults: Fault[] } {
  const counts = tierCountParameters(template.body);
  const declared = declaredParameters(template.body);
  const unknown = Object.keys(given).filter((name) => !counts.includes(name) && !declared.includes(name));
  const values = structuredClone(given) as Record<string, Json>;
  const own = Object.fromEntries(Object.entries(values).filter(([name]) => declared.includes(name)));
  const validate = validatorOf(template);
  const sound = validate(own);
  const faults = [
    ...unknown.map((name) => unknownParameter(name, given[name] ?? null, [...declared, ...counts])),
    ...counts.flatMap((name) => countFault(name, values[name], declared)),
    ...(sound ? [] : (validate.errors ?? []).map((error) => schemaFault(error, own))),
  ];
  return { values: { ...values, ...own }, faults };
}

/**
 * Faults of a template's parameter schema itself.
 * @returns empty when the schema can be used
 */
export function checkParameterSchema(schema: JsonObject | undefined): Fault[] {
  if (schema === undefined) return [];
  try {
    newAjv().compile(asObjectSchema(schema));
    return [];
  } catch (error) {
    const detail = `this is no usable JSON Schema: ${error instanceof Error ? error.message : String(error)}`;
    return [{ pointer: '/parameters', detail, remedy: 'Write an object schema of JSON Schema draft 2020-12.' }];
  }
}

function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false });
  formats.default(ajv);
  return ajv;
}

function asObjectSchema(schema: JsonObject): JsonObject {
  return { type: 'object', ...schema };
}

/** Compiling takes milliseconds and a version never changes, so validators are kept. */
function validatorOf({ name, version, createdAt, body }: Template): ValidateFunction {
  const key = `${name} ${version} ${createdAt}`;
  const known = compiled.get(key);
  if (known) return known;
  const schema = (body['parameters'] ?? {}) as JsonObject; // checked when the template was stored
  const validate = newAjv().compile(asObjectSchema(schema));
  if (compiled.size >= COMPILED_AT_MOST) compiled.clear();
  compiled.set(key, validate);
  return validate;
}

function unknownParameter(name: string, value: Json, known: readonly string[]): Fault {
  const detail = `the template has no parameter ${name}`;
  return { pointer: `/parameters/${escapePointer(name)}`, detail, value, remedy: `Use one of: ${known.join(', ')}.` };
}

function countFault(name: string, value: Json | undefined, declared: readonly string[]): Fault[] {
  if (value === undefined || declared.includes(name)) return [];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return [];
  const pointer = `/parameters/${name}`;
  return [{ pointer, detail: `${name} must be a whole number, 0 or more`, value, remedy: 'Give a whole number.' }];
}

function schemaFault({ instancePath, message, params, keyword }: ErrorObject, values: JsonObject): Fault {
  const missing = keyword === 'required' ? `/${escapePointer(String(params['missingProperty']))}` : '';
  const path = `${instancePath}${missing}`;
  const value = valueAt(values, path);
  return {
    pointer: `/parameters${path}`,
    detail: missing ? 'this parameter is required' : `this value ${message ?? 'is not allowed'}`,
    ...(value === undefined ? {} : { value }),
    remedy: 'GET /templates/{name} shows what the parameter may be.',
  };
}

function valueAt(values: JsonObject, pointer: string): Json | undefined {
  let value: Json | undefined = values;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = typeof value === 'object' && value !== null ? (value as JsonObject)[name] : undefined;
  }
  return value;
}

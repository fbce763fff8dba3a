/**
 * Checks a configuration against its schema, fills the defaults, and says in plain sentences what does not fit.
 */

import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';

import { ConfigFile } from '../contract/config.ts';
import { nearestName } from './did-you-mean.ts';
import type { Path } from './yaml-source.ts';

export interface SchemaFault {
  readonly path: Path;
  readonly detail: string;
  readonly remedy: string;
}

/** The part of JSON Schema that our schema uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly default?: unknown;
  readonly description?: string;
  readonly required?: readonly string[];
}

const check = new Ajv({ allErrors: true, verbose: true, useDefaults: true, strict: false }).compile<ConfigFile>(
  ConfigFile,
);

/** Keys whose values may be secrets or hold one: never shown. */
const SECRET_KEYS = new Set(['database_url', 'key_sha256']);

/** Fills defaults into `value` in place and checks it. The value is a `ConfigFile` only where no fault is. */
export function fillAndCheck(value: unknown): { config: ConfigFile; faults: SchemaFault[] } {
  const faults = check(value) ? [] : (check.errors ?? []).map(toFault);
  return { config: value as ConfigFile, faults }; // the caller looks at the faults first
}

function toFault(error: ErrorObject): SchemaFault {
  const path = toPath(error.instancePath);
  const schema = (error.parentSchema ?? {}) as SchemaNode; // compiled from ConfigFile
  if (error.keyword === 'additionalProperties')
    return unknownKey(path, String(error.params['additionalProperty']), schema);
  if (error.keyword === 'required') return missingKey(path, String(error.params['missingProperty']), schema);
  return {
    path,
    detail: `This must be ${expectation(schema)}, but is ${showValue(path, error.data)}.`,
    remedy: remedyFor(schema, error.data),
  };
}

/** What was meant, where the value is a misspelt word; else what the key is for. */
function remedyFor(schema: SchemaNode, value: unknown): string {
  const meant = typeof value === 'string' ? nearestName(value, schema.enum ?? []) : undefined;
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return schema.description === undefined ? 'Correct the value.' : plainText(schema.description);
}

function unknownKey(path: Path, name: string, schema: SchemaNode): SchemaFault {
  const [pattern] = Object.keys(schema.patternProperties ?? {});
  if (pattern !== undefined) {
    return {
      path: [...path, name],
      detail: `The name "${name}" must match ${pattern}.`,
      remedy: 'Choose another name.',
    };
  }
  const known = Object.keys(schema.properties ?? {});
  const meant = nearestName(name, known);
  const remedy = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${meant}?`;
  return { path: [...path, name], detail: `The key "${name}" is not known here.`, remedy };
}

function missingKey(path: Path, name: string, schema: SchemaNode): SchemaFault {
  const wanted = schema.properties?.[name];
  const meaning = wanted?.description === undefined ? '' : ` ${plainText(wanted.description)}`;
  return {
    path,
    detail: `The key "${name}" is missing.`,
    remedy: `Add ${name}: ${expectation(wanted ?? {})}.${meaning}`,
  };
}

/** What may stand there, as the end of "this must be …". */
export function expectation(schema: SchemaNode): string {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'integer') return `a whole number ${range(schema)}`;
  if (schema.type === 'number') return `a number ${range(schema)}`;
  if (schema.type === 'object') return 'a map';
  if (schema.type === 'array') return 'a list';
  if (schema.pattern !== undefined) return `a text that matches ${schema.pattern}`;
  return schema.maxLength === undefined ? 'a text that is not empty' : `a text of 1 to ${schema.maxLength} characters`;
}

function range(schema: SchemaNode): string {
  if (schema.exclusiveMinimum !== undefined) return `above ${schema.exclusiveMinimum}, at most ${schema.maximum}`;
  return `from ${schema.minimum} to ${schema.maximum}`;
}

/** A value as a person wrote it, shortened, or a word for what may not be shown. */
function showValue(path: Path, value: unknown): string {
  if (SECRET_KEYS.has(String(path.at(-1)))) return 'something else (not shown: it may hold a secret)';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Descriptions are written for the reference page, in Markdown. */
function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}

/** `/regions/us-west-1/burst` → its parts; numbers stay numbers so that positions in lists are found. */
function toPath(pointer: string): Path {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

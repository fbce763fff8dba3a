/**
 * The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), built from the operation table. Every titled
 * schema becomes a component; two different schemas with one title are a mistake and are refused.
 */

import type { TSchema } from 'typebox';
import { ERROR_CATALOGUE } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { ERROR_STATUSES } from './error-statuses.ts';
import { errorsOf } from './operation.ts';
import type { OperationDefinition } from './operation.ts';
import { OPERATION_IDS, OPERATIONS } from './operations.ts';
import { Problem, PROBLEM_MEDIA_TYPE } from './problem.ts';

type Loose = { readonly [key: string]: Json };
type Components = Map<string, JsonObject>;

/** @throws Error when two schemas share a title */
export function buildOpenApi(version: string): JsonObject {
  const components: Components = new Map();
  const paths: Record<string, Record<string, Json>> = {};
  for (const id of OPERATION_IDS) {
    const operation: OperationDefinition = OPERATIONS[id];
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = describe(id, operation, components);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Groundwork',
      version,
      summary: 'One control plane that takes infrastructure from nothing to running and keeps it true.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(OPERATION_IDS.map((id) => OPERATIONS[id].tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      headers: { RequestId: { description: 'Id of the request, to quote.', schema: { type: 'string' } } },
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function describe(id: string, operation: OperationDefinition, components: Components): JsonObject {
  const { tag, summary, description, access, body } = operation;
  const scope = access === 'public' || access === 'loopback' ? undefined : access;
  const sentences = [description, scope && `Needs a key with the scope \`${scope}\`.`].filter(Boolean);
  const content = body && { 'application/json': { schema: hoist(body, components) } };
  const isRequired = !Array.isArray((body as Loose | undefined)?.['type']);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(sentences.length > 0 ? { description: sentences.join(' ') } : {}),
    security: access === 'public' ? [] : [{ apiKey: [] }, { bearer: [] }, ...(access === 'loopback' ? [{}] : [])],
    parameters: parametersOf(operation, components),
    ...(content ? { requestBody: { required: isRequired, content } } : {}),
    responses: { ...answersOf(operation, components), ...refusalsOf(operation, components) },
  };
}

function parametersOf(operation: OperationDefinition, components: Components): Json[] {
  const places = { path: operation.params, query: operation.query, header: operation.headers };
  return Object.entries(places).flatMap(([place, schema]) => {
    const { properties = {}, required = [] } = (schema ?? {}) as Loose & { properties?: Loose; required?: string[] };
    return Object.entries(properties).map(([name, value]) => {
      const { description, ...rest } = hoist(value as TSchema, components);
      return {
        name: place === 'header' ? canonicalHeader(name) : name,
        in: place,
        required: required.includes(name) && !('default' in rest),
        ...(description === undefined ? {} : { description }),
        schema: rest,
      };
    });
  });
}

function canonicalHeader(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

const HEADERS = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } } as const;

function answersOf(operation: OperationDefinition, components: Components): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, { description, schema, mediaType, streams }]) => {
      const json = schema && { [mediaType ?? 'application/json']: { schema: hoist(schema, components) } };
      const stream = streams ? { 'text/event-stream': { schema: { type: 'string' } } } : {};
      const content = json ? { content: { ...json, ...stream } } : {};
      return [status, { description, headers: HEADERS, ...content }];
    }),
  );
}

function refusalsOf(operation: OperationDefinition, components: Components): Record<string, Json> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(operation)) {
    byStatus.set(ERROR_STATUSES[code], [...(byStatus.get(ERROR_STATUSES[code]) ?? []), code]);
  }
  const content = { [PROBLEM_MEDIA_TYPE]: { schema: hoist(Problem, components) } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const description = codes.map((code) => `\`${code}\`: ${ERROR_CATALOGUE[code].title}.`).join(' ');
      return [String(status), { description, headers: HEADERS, content }];
    }),
  );
}

/** The schema with every titled one inside replaced by a reference; the titled ones are put into `components`. */
function hoist(schema: TSchema, components: Components): JsonObject {
  const { title, type, ...rest } = schema as Loose & { title?: string };
  const inner = hoistMembers(rest, components);
  const isNullable = Array.isArray(type) && type.includes('null');
  if (title === undefined) return type === undefined ? inner : { type, ...inner };
  register(title, { type: isNullable ? 'object' : (type ?? 'object'), ...inner }, components);
  const reference = { $ref: `#/components/schemas/${title}` };
  return isNullable ? { anyOf: [reference, { type: 'null' }] } : reference;
}

function hoistMembers(members: Loose, components: Components): Record<string, Json> {
  const hoisted = Object.entries(members).map(([key, value]): [string, Json] => {
    if (key === 'properties') return [key, mapValues(value as Loose, (member) => hoist(member as TSchema, components))];
    const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isSchema && SCHEMA_KEYWORDS.has(key)) return [key, hoist(value, components)];
    return [key, value];
  });
  return Object.fromEntries(hoisted);
}

const SCHEMA_KEYWORDS = new Set(['items', 'additionalProperties', 'propertyNames']);

function mapValues(object: Loose, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function register(title: string, schema: JsonObject, components: Components): void {
  const known = components.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two schemas are titled ${title}`);
  }
  components.set(title, schema);
}

import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../domain/json.ts';
import { buildOpenApi } from './openapi.ts';
import { OPERATION_IDS, OPERATIONS } from './operations.ts';

interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

const document = buildOpenApi('1.2.3');
const paths = document['paths'] as unknown as Record<string, Record<string, OpenApiOperation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation, id: operation.operationId })),
);

function* referencesIn(value: Json): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref') yield member as string;
    else yield* referencesIn(member);
  }
}

const resolve = (reference: string) =>
  reference
    .slice(2)
    .split('/')
    .reduce<Json | undefined>((at, step) => (at as JsonObject | undefined)?.[step], document);

describe('the OpenAPI document', () => {
  it('is of version 3.1 and describes every operation once, in one line', () => {
    expect(document['openapi']).toBe('3.1.1');
    expect(document['info']).toMatchObject({ title: 'Groundwork', version: '1.2.3' });
    expect(operations.map(({ id }) => id).toSorted()).toEqual(OPERATION_IDS.toSorted());
    for (const { operation } of operations) expect(operation.summary).toMatch(/^[A-Z][^\n]{5,70}[^.\n]$/);
  });

  it('refers only to what it holds, and holds nothing that is not referred to', () => {
    const references = new Set(referencesIn(document));
    expect(references.size).toBeGreaterThan(30);
    for (const reference of references) expect(resolve(reference), reference).toBeDefined();
    const schemas = Object.keys(resolve('#/components/schemas') as object);
    expect(schemas.filter((name) => !references.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  it.each(operations)('declares every parameter in the path of $id', ({ path, operation }) => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
    expect(declared.map(({ name }) => name)).toEqual(inPath);
    expect(declared.every(({ required }) => required)).toBe(true);
  });

  it.each(operations)('gives $id a success and problems for refusals', ({ id, operation }) => {
    const statuses = Object.keys(operation.responses).map(Number);
    expect(statuses.some((status) => status >= 200 && status < 300)).toBe(true);
    const published = Object.keys(OPERATIONS[id as keyof typeof OPERATIONS].answers).map(Number);
    const refusals = statuses.filter((status) => !published.includes(status));
    expect(refusals).toContain(500);
    for (const status of refusals) {
      expect(Object.keys(operation.responses[status]?.content ?? {})).toEqual(['application/problem+json']);
    }
  });

  it('holds only valid JSON Schemas, whose examples fit them', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    formats.default(ajv, ['uuid', 'date-time']);
    ajv.addVocabulary(['components']);
    ajv.addSchema({ $id: 'groundwork:', components: document['components'] }, undefined, undefined, false);
    let examples = 0;
    for (const [name, schema] of Object.entries(resolve('#/components/schemas') as Record<string, JsonObject>)) {
      const validate = ajv.compile({ $ref: `groundwork:#/components/schemas/${name}` });
      for (const example of (schema['examples'] ?? []) as Json[]) {
        examples += 1;
        expect(validate(example), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      }
    }
    expect(examples).toBeGreaterThan(0);
  });
});

/**
 * The examples that people copy are right: each fits the published shape, and the request fits the template.
 */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { CreateDeploymentBody } from '../../src/contract/deployment.ts';
import { CreateTemplateBody } from '../../src/contract/template.ts';

const ajv = new Ajv({ allErrors: true, strict: false });

function example(name: string): Record<string, unknown> {
  return parse(readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8'));
}

describe('the examples', () => {
  it.each([
    ['web-app-stack.yaml', CreateTemplateBody],
    ['web-app-prod.yaml', CreateDeploymentBody],
  ])('%s fits its published shape', (name, schema) => {
    const check = ajv.compile(schema);
    expect(check(example(name)) ? [] : check.errors).toEqual([]);
  });
});

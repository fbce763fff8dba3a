/**
 * The examples that people copy are right: each fits the published shape, and the request fits the template.
 */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { checkParameters } from '../../src/app/template-parameters.ts';
import { CreateDeploymentBody } from '../../src/contract/deployment.ts';
import { CreateTemplateBody } from '../../src/contract/template.ts';
import { checkTemplate } from '../../src/domain/check-template.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { mergeTemplate } from '../../src/domain/merge-template.ts';
import { planDeployment } from '../../src/domain/plan-deployment.ts';

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

  it('belong together: the request makes a plan from the template', () => {
    const { name, ...body } = example('web-app-stack.yaml') as { name: string } & JsonObject;
    const request = example('web-app-prod.yaml') as { template: string; parameters: JsonObject };
    expect(request.template).toBe(name);

    const template = { name, version: 1, description: null, body, createdAt: '' };
    const parameters = checkParameters(template, request.parameters);
    const merged = mergeTemplate(body, parameters.values);
    const faults = checkTemplate(merged.body, { maxCountPerTier: 100, maxNodesPerPlan: 1000 }, 'merged');
    expect([...parameters.faults, ...merged.faults, ...faults]).toEqual([]);

    const wanted = {
      id: 'id',
      name: 'web-app-prod',
      region: 'r',
      provider: 'openstack',
      failurePolicy: 'rollback',
    } as const;
    const { nodes } = planDeployment(wanted, merged.body, new Map());
    const server = nodes.find(({ key }) => key === 'server/web/2');
    expect(nodes).toHaveLength(14);
    expect(server?.wanted).toMatchObject({ flavor: 'm1.small', image: 'ubuntu-22.04' });
    expect(nodes.find(({ key }) => key === 'router')?.wanted).toMatchObject({ external_network: 'public' });
  });
});

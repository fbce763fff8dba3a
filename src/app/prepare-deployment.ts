/**
 * From a request to a plan: load the template, check the parameters, merge, check the result, plan. Creating and showing
 * a plan both go this way, so what was shown is what will be done.
 */

import type { CreateDeploymentBody } from '../contract/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { FailurePolicy, Plan } from '../domain/plan.ts';
import { planDeployment } from '../domain/plan-deployment.ts';
import type { Template, TemplateBody } from '../domain/template.ts';
import type { Region } from '../ports/driver.ts';
import { configure } from './configuration.ts';
import type { AppDependencies } from './dependencies.ts';

export interface PreparedDeployment {
  readonly template: Template;
  readonly region: Region;
  readonly failurePolicy: FailurePolicy;
  readonly config: TemplateBody;
  readonly plan: Plan;
}

/** @throws GroundworkError unknown_template, unknown_region, invalid_parameters */
export async function prepareDeployment(
  { store, regions, limits }: AppDependencies,
  body: CreateDeploymentBody,
  id: string,
): Promise<PreparedDeployment> {
  const [template, durations] = await Promise.all([store.templates.get(body.template), store.history.durations()]);
  const region = regions.get(body.cloud_region);
  if (!template) throw await unknownTemplate(store, body.template);
  if (!region) throw unknownRegion(regions.all, body.cloud_region);

  const asked = { parameters: body.parameters ?? {}, overrides: {} };
  const config = configure(template, asked, limits, (fault) => towardsRequest(fault, body));

  const failurePolicy = body.failure_policy ?? 'rollback';
  const owner = { id, name: body.name, region: region.name, provider: region.provider, failurePolicy };
  return { template, region, failurePolicy, config, plan: planDeployment(owner, config, durations) };
}

/** A count that the request gave is the request's fault, not the template's. */
function towardsRequest(fault: Fault, body: CreateDeploymentBody): Fault {
  const tier = /^\/vm_config\/([^/]+)\/count$/.exec(fault.pointer)?.[1];
  const parameter = `${tier}_count`;
  if (tier !== undefined && parameter in (body.parameters ?? {}))
    return { ...fault, pointer: `/parameters/${parameter}` };
  return { ...fault, pointer: `/template${fault.pointer}` };
}

async function unknownTemplate(store: AppDependencies['store'], name: string): Promise<GroundworkError> {
  const known = (await store.templates.list()).map((template) => template.name);
  return unknown('unknown_template', { pointer: '/template', kind: 'template', name, known });
}

function unknownRegion(regions: readonly Region[], name: string): GroundworkError {
  return unknown('unknown_region', {
    pointer: '/cloud_region',
    kind: 'region',
    name,
    known: regions.map((region) => region.name),
  });
}

function unknown(
  code: 'unknown_template' | 'unknown_region',
  { pointer, kind, name, known }: { pointer: string; kind: string; name: string; known: string[] },
): GroundworkError {
  const detail = `there is no ${kind} called ${name}`;
  const remedy = known.length > 0 ? `Use one of: ${known.join(', ')}.` : `Add a ${kind} first.`;
  return new GroundworkError(code, detail, { remedy, faults: [{ pointer, detail, value: name, remedy }] });
}

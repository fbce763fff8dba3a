/**
 * What a template, parameters and overrides come to: the configuration that plans are made from. Every request that wants
 * something goes this way, so the same faults are found for all.
 */

import { checkTemplate, type TemplateLimits } from '../domain/check-template.ts';
import type { Target } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { applyPatch } from '../domain/merge-patch.ts';
import { mergeTemplate } from '../domain/merge-template.ts';
import type { Template, TemplateBody } from '../domain/template.ts';
import { checkParameters } from './template-parameters.ts';

/**
 * @param locate puts a fault of the configuration where the request caused it
 * @throws GroundworkError invalid_parameters
 */
export function configure(
  template: Template,
  { parameters, overrides }: Pick<Target, 'parameters' | 'overrides'>,
  limits: TemplateLimits,
  locate: (fault: Fault) => Fault,
): TemplateBody {
  const checked = checkParameters(template, parameters);
  if (checked.faults.length > 0) throw invalid(template, checked.faults);
  const merged = mergeTemplate(template.body, checked.values);
  // The shape was checked by the contract, of the template as of the patch; what the two make together is checked below.
  const config = applyPatch(merged.body as unknown as JsonObject, overrides) as unknown as TemplateBody;
  const faults = merged.faults.length > 0 ? merged.faults : checkTemplate(config, limits, 'merged');
  if (faults.length > 0) throw invalid(template, faults.map(locate));
  return config;
}

function invalid(template: Template, faults: readonly Fault[]): GroundworkError {
  const detail = `the parameters do not fit version ${template.version} of the template ${template.name}`;
  return new GroundworkError('invalid_parameters', detail, { faults });
}

/**
 * Template + parameters → the configuration of one deployment. Pure text and number work; whether the values make sense is
 * `check-template.ts`'s question.
 */

import type { Fault } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { TemplateBody } from './template.ts';

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const TIER_COUNT = /^(.+)_count$/;

/** Whether a value still waits for a parameter. */
export function holdsPlaceholder(value: unknown): boolean {
  return typeof value === 'string' && value.search(PLACEHOLDER) >= 0;
}

/** Names of the `<tier>_count` parameters that a template accepts without declaring them. */
export function tierCountParameters(body: JsonObject): string[] {
  return Object.keys(asObject(body['vm_config'])).map((tier) => `${tier}_count`);
}

/** Names of the parameters that a template declares. */
export function declaredParameters(body: JsonObject): string[] {
  return Object.keys(asObject(asObject(body['parameters'])['properties']));
}

/**
 * Puts parameters into a template: `${name}` is replaced (a text that is nothing but one placeholder takes the value's own
 * type), and `<tier>_count` sets the tier's count.
 * @returns the merged body, and a fault for every placeholder that has no value
 */
export function mergeTemplate(body: JsonObject, parameters: JsonObject): { body: TemplateBody; faults: Fault[] } {
  const faults: Fault[] = [];
  const fill = (value: Json, pointer: string): Json => {
    if (typeof value === 'string') return fillText(value, parameters, (name) => faults.push(noValue(name, pointer)));
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item, index) => fill(item, `${pointer}/${index}`));
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fill(v, `${pointer}/${escapePointer(k)}`)]));
  };
  const vmConfig = asObject(fill(body['vm_config'] ?? {}, '/vm_config'));
  const merged = {
    vm_config: withCounts(vmConfig, parameters),
    network_config: fill(body['network_config'] ?? {}, '/network_config'),
  };
  return { body: merged as unknown as TemplateBody, faults }; // shape: checked by the contract when the template was stored
}

function fillText(text: string, parameters: JsonObject, missing: (name: string) => void): Json {
  const whole = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) {
    const value = given(parameters, whole);
    if (value === undefined) missing(whole);
    return value === undefined ? text : value;
  }
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = given(parameters, name);
    if (value === undefined) missing(name);
    return value === undefined ? placeholder : String(value);
  });
}

/** A parameter that was given; what every object inherits (`constructor`) is none. */
function given(parameters: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

function withCounts(vmConfig: JsonObject, parameters: JsonObject): JsonObject {
  const counts = new Map<string, Json>();
  for (const [name, value] of Object.entries(parameters)) {
    const tier = TIER_COUNT.exec(name)?.[1];
    if (tier !== undefined && Object.hasOwn(vmConfig, tier)) counts.set(tier, value);
  }
  return Object.fromEntries(
    Object.entries(vmConfig).map(([tier, config]) => {
      const count = counts.get(tier);
      return [tier, count === undefined ? config : { ...asObject(config), count }];
    }),
  );
}

function noValue(name: string, pointer: string): Fault {
  return {
    pointer,
    detail: `the placeholder \${${name}} has no value`,
    value: `\${${name}}`,
    remedy: `Give the parameter ${name}, or declare it in the template's parameters with a default.`,
  };
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** One part of a JSON pointer (RFC 6901). */
export function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

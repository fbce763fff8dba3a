/**
 * Keeping templates: every change is a new version, and a template that could never be deployed is refused when it is
 * written, not when it is used.
 */

import type {
  CreateTemplateBody,
  Template as TemplateShape,
  TemplateList,
  UpdateTemplateBody,
} from '../contract/template.ts';
import { checkTemplate } from '../domain/check-template.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { declaredParameters, mergeTemplate } from '../domain/merge-template.ts';
import type { Template } from '../domain/template.ts';
import type { AppDependencies } from './dependencies.ts';
import { checkParameterSchema } from './template-parameters.ts';

export async function listTemplates({ store }: AppDependencies): Promise<TemplateList> {
  const templates = await store.templates.list();
  return {
    items: templates.map(({ name, version, description, body, createdAt }) => ({
      name,
      version,
      description,
      tiers: Object.keys(body['vm_config'] ?? {}),
      created_at: createdAt,
    })),
  };
}

/** @throws GroundworkError not_found */
export async function getTemplate({ store }: AppDependencies, name: string, version?: number): Promise<TemplateShape> {
  const template = await store.templates.get(name, version);
  if (!template) throw noTemplate(name, version);
  return shapeOf(template);
}

/** @throws GroundworkError invalid_template, template_exists */
export async function createTemplate(
  dependencies: AppDependencies,
  { name, ...content }: CreateTemplateBody,
): Promise<TemplateShape> {
  const body = checked(dependencies, content);
  const description = content.description ?? null;
  const template = await dependencies.store.templates.add({ name, description, body, mode: 'new' });
  if (template) return shapeOf(template);
  throw new GroundworkError('template_exists', `there is a template ${name}`, {
    faults: [
      {
        pointer: '/name',
        detail: 'this name is in use',
        value: name,
        remedy: `PUT /templates/${name} adds a version.`,
      },
    ],
  });
}

/** The next version; the same content again is the same version. @throws GroundworkError not_found, invalid_template */
export async function updateTemplate(
  dependencies: AppDependencies,
  name: string,
  content: UpdateTemplateBody,
): Promise<TemplateShape> {
  const { templates } = dependencies.store;
  const body = checked(dependencies, content);
  const description = content.description ?? null;
  for (;;) {
    const newest = await templates.get(name);
    if (!newest) throw noTemplate(name);
    if (newest.description === description && canonical(newest.body) === canonical(body)) return shapeOf(newest);
    const template = await templates.add({ name, description, body, mode: 'next' });
    if (template) return shapeOf(template);
    // Somebody else added the same version or deleted the template meanwhile: look again.
  }
}

/** @throws GroundworkError not_found */
export async function deleteTemplate({ store }: AppDependencies, name: string): Promise<void> {
  if (!(await store.templates.remove(name))) throw noTemplate(name);
}

function checked(
  { limits }: AppDependencies,
  { vm_config, network_config, parameters }: UpdateTemplateBody,
): JsonObject {
  const body = {
    vm_config,
    network_config,
    ...(parameters === undefined ? {} : { parameters }),
  } as unknown as JsonObject;
  const merged = mergeTemplate(body, defaultsOf(parameters));
  const declared = declaredParameters(body);
  const open = merged.faults.filter((fault) => !declared.includes(String(fault.value).slice(2, -1)));
  const faults: Fault[] = [
    ...checkParameterSchema(parameters),
    ...open,
    ...checkTemplate(merged.body, limits, 'written'),
  ];
  if (faults.length > 0)
    throw new GroundworkError('invalid_template', 'no plan could be made from this template', { faults });
  return body;
}

/** The declared defaults: with them as much as possible can be checked before anybody deploys. */
function defaultsOf(schema: JsonObject | undefined): JsonObject {
  const properties = (schema?.['properties'] ?? {}) as JsonObject;
  const defaults = Object.entries(properties).flatMap(([name, property]) => {
    const value = (property as JsonObject | null)?.['default'];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(defaults);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function shapeOf({ name, version, description, body, createdAt }: Template): TemplateShape {
  return {
    name,
    version,
    description,
    vm_config: (body['vm_config'] ?? {}) as JsonObject,
    network_config: (body['network_config'] ?? {}) as JsonObject,
    parameters: (body['parameters'] ?? null) as JsonObject | null,
    created_at: createdAt,
  };
}

function noTemplate(name: string, version?: number): GroundworkError {
  const what = version === undefined ? `template ${name}` : `version ${version} of template ${name}`;
  return new GroundworkError('not_found', `there is no ${what}`, { remedy: 'GET /templates lists them.' });
}

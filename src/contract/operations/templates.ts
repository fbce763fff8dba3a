/**
 * Operations on templates. A template is never changed in place: every change is a new version, and versions in use
 * stay readable for their deployments.
 */

import { Type } from 'typebox';
import { plainName } from '../name.ts';
import type { OperationDefinition } from '../operation.ts';
import { CreateTemplateBody, Template, TemplateList, UpdateTemplateBody } from '../template.ts';

const TemplateName = Type.Object({ name: plainName() });

export const templateOperations = {
  listTemplates: {
    method: 'GET',
    path: '/templates',
    tag: 'templates',
    summary: 'List templates',
    access: 'read',
    answers: { 200: { description: 'The newest version of each.', schema: TemplateList } },
    errors: [],
  },
  getTemplate: {
    method: 'GET',
    path: '/templates/{name}',
    tag: 'templates',
    summary: 'Show a template',
    access: 'read',
    params: TemplateName,
    query: Type.Object(
      {
        version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2147483647, description: 'Default: the newest.' })),
      },
      { additionalProperties: false },
    ),
    answers: { 200: { description: 'The template.', schema: Template } },
    errors: ['not_found'],
  },
  createTemplate: {
    method: 'POST',
    path: '/templates',
    tag: 'templates',
    summary: 'Add a template',
    access: 'write',
    body: CreateTemplateBody,
    answers: { 201: { description: 'Version 1.', schema: Template } },
    errors: ['invalid_template', 'template_exists'],
  },
  updateTemplate: {
    method: 'PUT',
    path: '/templates/{name}',
    tag: 'templates',
    summary: 'Add a version of a template',
    description: 'A body equal to the newest version adds nothing.',
    access: 'write',
    params: TemplateName,
    body: UpdateTemplateBody,
    answers: { 200: { description: 'The newest version.', schema: Template } },
    errors: ['not_found', 'invalid_template'],
  },
  deleteTemplate: {
    method: 'DELETE',
    path: '/templates/{name}',
    tag: 'templates',
    summary: 'Delete a template',
    description: 'Deployments made from it keep the version that they use.',
    access: 'write',
    params: TemplateName,
    answers: { 204: { description: 'Deleted.' } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, OperationDefinition>;

/**
 * Operations on the server itself: regions, keys, health, metrics and the contract.
 */

import { Type } from 'typebox';
import { Liveness, Readiness } from '../health.ts';
import { CreatedKey, CreateKeyBody, KeyList } from '../key.ts';
import type { OperationDefinition } from '../operation.ts';
import { RegionList } from '../region.ts';
import { jsonObject, uuid } from '../shape.ts';

export const serverOperations = {
  listRegions: {
    method: 'GET',
    path: '/regions',
    tag: 'regions',
    summary: 'List regions and whether they can be reached',
    access: 'read',
    answers: { 200: { description: 'All regions.', schema: RegionList } },
    errors: [],
  },
  listKeys: {
    method: 'GET',
    path: '/keys',
    tag: 'keys',
    summary: 'List API keys',
    access: 'admin',
    answers: { 200: { description: 'All keys.', schema: KeyList } },
    errors: [],
  },
  createKey: {
    method: 'POST',
    path: '/keys',
    tag: 'keys',
    summary: 'Create an API key',
    access: 'admin',
    body: CreateKeyBody,
    answers: { 201: { description: 'The key, shown this once.', schema: CreatedKey } },
    errors: [],
  },
  deleteKey: {
    method: 'DELETE',
    path: '/keys/{id}',
    tag: 'keys',
    summary: 'Revoke an API key',
    access: 'admin',
    params: Type.Object({ id: uuid({ description: 'Id of the key.' }) }),
    answers: { 204: { description: 'Revoked.' } },
    errors: ['not_found'],
  },
  live: {
    method: 'GET',
    path: '/health',
    tag: 'health',
    summary: 'Tell that the process answers',
    access: 'public',
    answers: { 200: { description: 'It does.', schema: Liveness } },
    errors: [],
  },
  ready: {
    method: 'GET',
    path: '/health/ready',
    tag: 'health',
    summary: 'Tell whether the server can do its work',
    access: 'public',
    answers: {
      200: { description: 'It can.', schema: Readiness },
      503: { description: 'It cannot; the failed checks say why.', schema: Readiness },
    },
    errors: [],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'health',
    summary: 'Show metrics for Prometheus',
    access: 'loopback',
    answers: {
      200: {
        description: 'Exposition format.',
        schema: Type.String(),
        mediaType: 'text/plain; version=0.0.4; charset=utf-8',
      },
    },
    errors: [],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    tag: 'health',
    summary: 'Show this contract',
    access: 'public',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: jsonObject() } },
    errors: [],
  },
} as const satisfies Record<string, OperationDefinition>;

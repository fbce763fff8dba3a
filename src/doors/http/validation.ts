/**
 * Validates requests against the contract. Bodies are taken as they are; path, query and headers are text by nature,
 * so their numbers and booleans are read from text and their defaults filled in. All faults are reported at once.
 */

import { Ajv } from 'ajv';
import type { Options } from 'ajv';
import formats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** `verbose` puts the offending value and its schema on each error, which the faults are made of. */
const OPTIONS: Options = { allErrors: true, verbose: true, allowUnionTypes: true, strict: true };

/** A compiler for Fastify; each server has its own, so that schemas compile once and stay apart. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const ofBodies = withFormats(new Ajv(OPTIONS));
  const ofText = withFormats(new Ajv({ ...OPTIONS, coerceTypes: true, useDefaults: true }));
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofBodies : ofText).compile(schema);
}

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv, ['uuid', 'date-time']);
  return ajv;
}

/**
 * Requests that no operation answers: a path of ours with another method (405 with `Allow`), a question for the
 * methods (OPTIONS), or no path of ours at all (404).
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { OPERATION_IDS, OPERATIONS } from '../../contract/operations.ts';
import { GroundworkError } from '../../domain/errors.ts';

const LONGEST_PATH = 200;

const PATHS: ReadonlyMap<string, { readonly pattern: RegExp; readonly methods: readonly string[] }> = allPaths();

/** Fastify's not-found handler. */
export async function answerUnrouted(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const [path = ''] = request.url.split('?');
  const methods = methodsOf(path);
  if (methods === undefined) {
    const shown = path.slice(0, LONGEST_PATH);
    throw new GroundworkError('not_found', `There is nothing at ${shown}.`, {
      remedy: 'GET /openapi.json shows all paths.',
    });
  }
  reply.header('allow', methods.join(', '));
  if (request.method === 'OPTIONS') return reply.code(204).send();
  throw new GroundworkError('method_not_allowed', `${request.method} is not possible at ${path}.`, {
    remedy: `Use ${methods.join(', ')}.`,
  });
}

/** What may be asked of a path; undefined when it is none of ours. */
function methodsOf(path: string): readonly string[] | undefined {
  for (const { pattern, methods } of PATHS.values()) if (pattern.test(path)) return methods;
  return undefined;
}

function allPaths() {
  const paths = new Map<string, { pattern: RegExp; methods: string[] }>();
  for (const id of OPERATION_IDS) {
    const { path, method } = OPERATIONS[id];
    const entry = paths.get(path) ?? { pattern: patternOf(path), methods: ['OPTIONS'] };
    entry.methods.unshift(...(method === 'GET' ? ['GET', 'HEAD'] : [method]));
    paths.set(path, entry);
  }
  return paths;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`);
}

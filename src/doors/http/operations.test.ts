import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, describe, expect, it } from 'vitest';
import { errorsOf, isOpen } from '../../contract/operation.ts';
import type { OperationDefinition } from '../../contract/operation.ts';
import { OPERATION_IDS, OPERATIONS } from '../../contract/operations.ts';
import { Problem } from '../../contract/problem.ts';
import { KEYS } from './testing/in-memory-app.ts';
import { openDoor } from './testing/open-door.ts';
import { goodCall, keyFor, lostCall } from './testing/operation-calls.ts';

const open = await openDoor();
afterAll(() => open.door.close());

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
formats.default(ajv, ['uuid', 'date-time']);

const ids = [...OPERATION_IDS];
const definition = (id: (typeof ids)[number]): OperationDefinition => OPERATIONS[id];
const closed = ids.filter((id) => !isOpen(definition(id)));
const writing = closed.filter((id) => definition(id).access !== 'read');

describe('every operation', () => {
  it.each(ids)('%s answers a good call in the published shape', async (id) => {
    const { status, ...call } = await goodCall(id, open);
    const response = await open.door.inject({ ...call, headers: keyFor(id) });
    expect(response.statusCode, response.body).toBe(status);
    const { schema, mediaType } = definition(id).answers[status]!;
    if (schema === undefined) expect(response.body).toBe('');
    else if (mediaType === undefined) expect(ajv.validate(schema, response.json()), ajv.errorsText()).toBe(true);
    else expect(response.headers['content-type']).toContain(mediaType);
  });

  it.each(closed)('%s is refused without a key', async (id) => {
    const { method, url } = await goodCall(id, open);
    const response = await open.door.inject({ method, url });
    expect(response.statusCode).toBe(401);
    expect(response.json().code).toBe('unauthenticated');
  });

  it.each(writing)('%s is refused to a key with too little scope', async (id) => {
    const { status: _, ...call } = await goodCall(id, open);
    const { access } = definition(id);
    const headers = { 'x-api-key': access === 'admin' ? KEYS.write : KEYS.read };
    const response = await open.door.inject({ ...call, headers });
    expect(response.statusCode).toBe(403);
    expect(response.json().detail).toContain(`needs the scope ${access}`);
  });

  it.each(ids.filter((id) => lostCall(id)))('%s answers 404 for a thing that is not there', async (id) => {
    const { status: _, ...call } = lostCall(id)!;
    const response = await open.door.inject({ ...call, headers: keyFor(id) });
    expect(response.statusCode).toBe(404);
    expect(ajv.validate(Problem, response.json()), ajv.errorsText()).toBe(true);
    expect(errorsOf(definition(id))).toContain('not_found');
  });
});

describe('the coverage', () => {
  it('leaves out only operations that anyone may call, or that name nothing in their path', () => {
    const unauthorised = ids.filter((id) => !closed.includes(id));
    const notFound = ids.filter((id) => !lostCall(id));
    expect({ unauthorised, notFound }).toEqual({
      unauthorised: ['live', 'ready', 'metrics', 'openapi'],
      notFound: [
        'createDeployment',
        'listDeployments',
        'listTemplates',
        'createTemplate',
        'listWebhooks',
        'createWebhook',
        'listRegions',
        'listKeys',
        'createKey',
        'live',
        'ready',
        'metrics',
        'openapi',
      ],
    });
  });
});

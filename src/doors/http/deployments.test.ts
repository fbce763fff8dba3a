import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE_REQUEST, openDoor } from './testing/open-door.ts';
import { KEYS } from './testing/in-memory-app.ts';

const { door, app, deploy } = await openDoor();
afterAll(() => door.close());
const write = { 'x-api-key': KEYS.write };

describe('creating a deployment', () => {
  it('accepts exactly the request of the first example', async () => {
    const response = await door.inject({ method: 'POST', url: '/deployments', headers: write, payload: EXAMPLE_REQUEST });
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'web-app-prod',
      status: 'PENDING',
      created_at: '2026-11-21T10:42:00.000Z',
    });
    expect(response.headers['x-request-id']).toBeTruthy();
  });

  it('only plans when asked for a dry run', async () => {
    const before = app.deployments.size;
    const response = await door.inject({ method: 'POST', url: '/deployments?dry_run=true', headers: write, payload: EXAMPLE_REQUEST });
    expect(response.statusCode).toBe(200);
    expect(response.json().plan.nodes[0].wanted).toEqual({ name: 'web-app-prod' });
    expect(app.deployments.size).toBe(before);
  });
});

describe('showing a deployment', () => {
  it('gives every field through the serialiser unchanged', async () => {
    const id = await deploy();
    const response = await door.inject({ url: `/deployments/${id}`, headers: write });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual(app.deployments.get(id));
  });
});

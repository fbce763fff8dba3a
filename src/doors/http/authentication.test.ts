import { afterAll, describe, expect, it } from 'vitest';
import { KEYS } from './testing/in-memory-app.ts';
import { openDoor } from './testing/open-door.ts';

const { door, logLines, app, deploy, measured } = await openDoor();
afterAll(() => door.close());

describe('the API key', () => {
  it.each([
    ['x-api-key', KEYS.read],
    ['authorization', `Bearer ${KEYS.read}`],
    ['authorization', `bearer  ${KEYS.read} `],
  ])('is taken from %s: %s', async (name, value) => {
    expect((await door.inject({ url: '/regions', headers: { [name]: value } })).statusCode).toBe(200);
  });

  it.each([{}, { 'x-api-key': '' }, { authorization: 'Basic abc' }, { 'x-api-key': 'x'.repeat(10_000) }])(
    'is missing or wrong: %#',
    async (headers) => {
      const response = await door.inject({ url: '/regions', headers });
      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer realm="groundwork"');
      expect(response.json().errors[0].pointer).toBe('header/X-API-Key');
    },
  );

  it('is never repeated, neither in the answer nor in the log', async () => {
    app.fault = new Error('broken');
    const id = await deploy();
    const wrong = await door.inject({ url: '/regions', headers: { 'x-api-key': 'sesame-open' } });
    const failed = await door.inject({ url: `/deployments/${id}`, headers: { 'x-api-key': KEYS.admin } });
    app.fault = undefined;
    expect(failed.statusCode).toBe(500);
    expect(wrong.body + failed.body).not.toMatch(/sesame|key-admin/);
    expect(logLines.join('')).toContain('broken');
    expect(logLines.join('')).not.toMatch(/sesame|key-admin/);
  });

  it('is looked at before the body', async () => {
    const response = await door.inject({
      method: 'POST',
      url: '/deployments',
      headers: { 'content-type': 'application/json' },
      payload: '{broken',
    });
    expect(response.statusCode).toBe(401);
  });
});

describe('metrics', () => {
  it('are open to the same machine', async () => {
    const response = await door.inject({ url: '/metrics?format=x', remoteAddress: '127.0.0.1' });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('# HELP up\n');
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it.each([{ remoteAddress: '10.1.2.3' }, { remoteAddress: '127.0.0.1', headers: { 'x-forwarded-for': '10.1.2.3' } }])(
    'need a key from elsewhere: %j',
    async (from) => {
      expect((await door.inject({ url: '/metrics', ...from })).statusCode).toBe(401);
      const headers = { ...from.headers, 'x-api-key': KEYS.read };
      expect((await door.inject({ url: '/metrics', ...from, headers })).statusCode).toBe(200);
    },
  );

  it('count every request by operation, never by path', async () => {
    measured.length = 0;
    const headers = { 'x-api-key': KEYS.read };
    const id = await deploy();
    await door.inject({ url: `/deployments/${id}`, headers });
    await door.inject({ method: 'HEAD', url: `/deployments/${id}`, headers });
    await door.inject({ url: `/deployments/${id}` });
    await door.inject({ url: '/nowhere/at/all' });
    expect(measured.map(({ operation, method, status }) => `${method} ${operation} ${status}`)).toEqual([
      'POST createDeployment 202',
      'GET getDeployment 200',
      'HEAD getDeployment 200',
      'GET getDeployment 401',
      'GET none 404',
    ]);
    for (const { seconds } of measured) expect(seconds).toSatisfy((s: number) => s > 0 && s < 5);
  });
});

describe('the request id', () => {
  it('is the one that the caller gives, when it is sane', async () => {
    const response = await door.inject({ url: '/health', headers: { 'x-request-id': 'trace-1.2:3_4' } });
    expect(response.headers['x-request-id']).toBe('trace-1.2:3_4');
  });

  it.each(['', 'a b', 'x'.repeat(129), 'né'])('is a new one instead of %j', async (given) => {
    const response = await door.inject({ url: '/health', headers: { 'x-request-id': given } });
    expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('health', () => {
  it('tells the version without a key', async () => {
    const response = await door.inject({ url: '/health' });
    expect(response.json()).toEqual({ status: 'ok', version: '0.0.0-test' });
  });

  it('answers 503 with the failed check while the server is not ready', async () => {
    app.ready = 'not_ready';
    const response = await door.inject({ url: '/health/ready' });
    app.ready = 'ready';
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ status: 'not_ready', checks: { database: { ok: false } } });
  });
});

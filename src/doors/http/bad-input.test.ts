import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { KEYS } from './testing/in-memory-app.ts';
import { EXAMPLE_REQUEST, openDoor } from './testing/open-door.ts';

const { door, app, deploy, logLines } = await openDoor();
afterAll(() => door.close());
const headers = { 'x-api-key': KEYS.write };

function post(payload: string | object, more: Record<string, string> = { 'content-type': 'application/json' }) {
  return door.inject({ method: 'POST', url: '/deployments', headers: { ...headers, ...more }, payload });
}

const get = (url: string, more: Record<string, string> = {}) => door.inject({ url, headers: { ...headers, ...more } });

/** The faults of a refusal, after looking at everything that any refusal must have. */
function expectFaults(response: Awaited<ReturnType<typeof post>>, status: number, code: string) {
  expect(response.statusCode, response.body).toBe(status);
  expect(response.headers['content-type']).toBe('application/problem+json');
  const problem = response.json();
  expect(problem).toMatchObject({ type: `urn:groundwork:error:${code}`, status, code });
  expect(problem.request_id).toBe(response.headers['x-request-id']);
  for (const sentence of [problem.title, problem.detail, problem.remedy]) expect(sentence).toMatch(/\w/);
  return problem.errors ?? [];
}

describe('a malformed body', () => {
  it.each([
    ['{"name": "a",}', 'line 1, column 14: unexpected "}"'],
    ['{\n  "name": nope\n}', 'line 2, column 11: unexpected "n"'],
    ['{"name": "a"', 'line 1, column 13: it ends too early'],
    ['nonsense', 'line 1, column 1: unexpected "n"'],
  ])('%j is told where it breaks', async (payload, place) => {
    const response = await post(payload);
    expectFaults(response, 400, 'malformed_body');
    expect(response.json().detail).toContain(place);
  });

  it('that is missing is named as missing', async () => {
    const faults = expectFaults(await post(''), 400, 'invalid_request');
    expect(faults).toEqual([expect.objectContaining({ pointer: '', detail: 'The body is missing.' })]);
  });

  it.each(['[]', '"text"', '7', 'null'])('%s is no object', async (payload) => {
    expect(expectFaults(await post(payload), 400, 'invalid_request')[0]).toMatchObject({ pointer: '' });
  });

  it('of 2 MB is refused as too large', async () => {
    expectFaults(await post({ ...EXAMPLE_REQUEST, parameters: { x: 'a'.repeat(2e6) } }), 413, 'body_too_large');
  });

  it('of another media type is refused with its name', async () => {
    const faults = expectFaults(
      await post('name: a', { 'content-type': 'application/yaml' }),
      415,
      'unsupported_media_type',
    );
    expect(faults[0]).toMatchObject({ pointer: 'header/Content-Type', value: 'application/yaml' });
  });

  it('with a byte order mark is read all the same', async () => {
    expect((await post(`\uFEFF${JSON.stringify(EXAMPLE_REQUEST)}`)).statusCode).toBe(202);
  });
});

describe('a body that does not fit', () => {
  it('is told all its faults at once, each with pointer, value and remedy', async () => {
    const faults = expectFaults(
      await post({ nmae: 'x', template: 7, cloud_region: '', parameters: [], failure_policy: 'rolback' }),
      400,
      'invalid_request',
    );
    expect(faults).toEqual(
      expect.arrayContaining([
        { pointer: '/name', detail: '"name" is missing.', remedy: expect.stringContaining('Add "name"') },
        {
          pointer: '/nmae',
          detail: 'There is no field "nmae" here.',
          value: 'x',
          remedy: 'Did you mean "name"?',
        },
        { pointer: '/template', detail: 'This is a number.', value: 7, remedy: 'Send text.' },
        expect.objectContaining({ pointer: '/cloud_region', value: '' }),
        { pointer: '/parameters', detail: 'This is a list.', value: [], remedy: 'Send an object.' },
        {
          pointer: '/failure_policy',
          detail: 'This is not one of rollback, hold.',
          value: 'rolback',
          remedy: 'Did you mean "rollback"?',
        },
      ]),
    );
    expect(faults).toHaveLength(6);
  });

  it.each(['', ' x', 'a/b', 'ä', 'x'.repeat(64), '-rm', 'a\nb'])('is refused for the name %j', async (name) => {
    const [fault] = expectFaults(await post({ ...EXAMPLE_REQUEST, name }), 400, 'invalid_request');
    expect(fault).toMatchObject({ pointer: '/name', value: name, remedy: expect.stringContaining('letter or digit') });
  });

  it('is not bent into shape: a number stays a number', async () => {
    const [fault] = expectFaults(await post({ ...EXAMPLE_REQUEST, name: 12 }), 400, 'invalid_request');
    expect(fault).toMatchObject({ pointer: '/name', value: 12 });
  });

  it('does not have a secret repeated to it', async () => {
    const response = await post({ ...EXAMPLE_REQUEST, admin_password: 'hunter2' });
    expect(expectFaults(response, 400, 'invalid_request')[0]).toMatchObject({ pointer: '/admin_password' });
    expect(response.body).not.toContain('hunter2');
  });

  it('does not have a long value repeated to it', async () => {
    const response = await post({ ...EXAMPLE_REQUEST, name: 'x'.repeat(5000) });
    expect(expectFaults(response, 400, 'invalid_request')[0].value).toHaveLength(201);
  });

  it('is refused for what PostgreSQL or JSON cannot keep', async () => {
    const parameters = '{"a/b": "nul\\u0000", "list": ["\\ud800"], "n": 1e999, "__proto__": {"x": 1}}';
    const body = `{"name":"n","template":"t","cloud_region":"r","parameters":${parameters}}`;
    const faults = expectFaults(await post(body), 400, 'invalid_request');
    expect(faults.map((fault: { pointer: string }) => fault.pointer)).toEqual([
      '/parameters/a~1b',
      '/parameters/list/0',
      '/parameters/n',
      '/parameters/__proto__',
    ]);
  });

  it('is refused when it is nested without end', async () => {
    const body = `{"parameters": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(expectFaults(await post(body), 400, 'invalid_request')[0].detail).toContain('deeper than 64');
  });

  it('lists at most 20 faults', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, index]));
    expect(expectFaults(await post(many), 400, 'invalid_request')).toHaveLength(20);
  });
});

describe('a template that does not fit', () => {
  const template = (change: object) => ({
    name: 'shop',
    vm_config: { web: { flavor: 'm1', image: 'debian', count: 1, ...change } },
    network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' } },
  });
  const postTemplate = (payload: object) => door.inject({ method: 'POST', url: '/templates', headers, payload });

  it('may hold placeholders where numbers stand', async () => {
    expect((await postTemplate(template({ count: '${web_size}', flavor: '${flavor}' }))).statusCode).toBe(201);
  });

  it.each([
    [template({ count: -1 }), '/vm_config/web/count'],
    [template({ count: 1.5 }), '/vm_config/web/count'],
    [template({ count: 'three' }), '/vm_config/web/count'],
    [template({ imgae: 'x' }), '/vm_config/web/imgae'],
    [{ ...template({}), vm_config: {} }, '/vm_config'],
    [{ ...template({}), vm_config: { 'Web/1': template({}).vm_config.web } }, '/vm_config/Web~11'],
    [{ ...template({}), network_config: { subnets: {} } }, '/network_config/cidr'],
  ])('is refused with the place: %#', async (payload, pointer) => {
    const faults = expectFaults(await postTemplate(payload), 400, 'invalid_request');
    expect(faults.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
  });
});

describe('a path, query or head that does not fit', () => {
  it('a bad UUID is 400, an unknown one 404', async () => {
    const [fault] = expectFaults(await get('/deployments/7'), 400, 'invalid_request');
    expect(fault).toMatchObject({ pointer: 'path/id', value: '7' });
    expectFaults(await get('/deployments/019aa000-0000-7000-8000-000000000000'), 404, 'not_found');
  });

  it.each([
    ['/deployments?limit=0', 'query/limit'],
    ['/deployments?limit=201', 'query/limit'],
    ['/deployments?limit=many', 'query/limit'],
    ['/deployments?limit=1&limit=2', 'query/limit'],
    ['/deployments?statsu=FAILED', 'query/statsu'],
    ['/deployments?status=failed', 'query/status'],
    ['/deployments?name=%00', 'query/name'],
    ["/deployments?cursor=';--", 'query/cursor'],
    ['/regions?x=1', 'query/x'],
    ['/templates/web-app-stack?version=0', 'query/version'],
    ['/templates/web%00', 'path/name'],
  ])('%s is refused at %s', async (url, pointer) => {
    const [fault] = expectFaults(await get(url), 400, 'invalid_request');
    expect(fault).toMatchObject({ pointer, remedy: expect.stringMatching(/\w/) });
  });

  it.each([
    ['/deployments/%zz', 'The path is not a valid URL.'],
    [`/templates/${'x'.repeat(300)}`, 'A part of the path is too long.'],
  ])('%s is refused', async (url, detail) => {
    const response = await get(url);
    expectFaults(response, 400, 'invalid_request');
    expect(response.json().detail).toBe(detail);
  });

  it('an idempotency key is 1 to 255 printable characters', async () => {
    const response = await post(EXAMPLE_REQUEST, { 'idempotency-key': 'x'.repeat(256) });
    expect(expectFaults(response, 400, 'invalid_request')[0]).toMatchObject({ pointer: 'header/Idempotency-Key' });
  });

  it('a stream is not resumed after nonsense', async () => {
    const response = await get(`/deployments/${await deploy()}/events`, { 'last-event-id': 'abc' });
    expect(expectFaults(response, 400, 'invalid_request')[0]).toMatchObject({ pointer: 'header/Last-Event-Id' });
  });

  it('a body is refused where none belongs, an empty object is not', async () => {
    const url = `/deployments/${await deploy()}/cancel`;
    const cancel = (payload: object) => door.inject({ method: 'POST', url, headers, payload });
    expectFaults(await cancel({ force: true }), 400, 'invalid_request');
    expect((await cancel({})).statusCode).toBe(202);
  });
});

describe('what no operation answers', () => {
  it('is 404 for a path that is not ours', async () => {
    expectFaults(await get('/nothing/here'), 404, 'not_found');
  });

  it('is 405 with Allow for another method', async () => {
    const response = await door.inject({ method: 'PUT', url: '/deployments', headers });
    expectFaults(response, 405, 'method_not_allowed');
    expect(response.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
  });

  it('tells the methods to OPTIONS', async () => {
    const id = await deploy();
    const response = await door.inject({ method: 'OPTIONS', url: `/deployments/${id}` });
    expect(response.statusCode).toBe(204);
    expect(response.headers.allow).toBe('PATCH, DELETE, GET, HEAD, OPTIONS');
  });
});

describe('what is not HTTP', () => {
  it('is answered with a problem too', async () => {
    await door.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((door.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GARBAGE\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\r\nContent-Type: application\/problem\+json\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'invalid_request', status: 400 });
  });
});

describe('a client that goes away in the middle of its body', () => {
  it('is no fault of ours', async () => {
    const socket = connect((door.server.address() as AddressInfo).port, '127.0.0.1');
    const head = `Host: x\r\nX-API-Key: ${KEYS.write}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`;
    const received = once(door.server, 'request') as Promise<[IncomingMessage]>;
    socket.write(`POST /deployments HTTP/1.1\r\n${head}{"na`);
    const [request] = await received;
    const gone = once(request.socket, 'close');
    socket.destroy();
    await gone;
    await get('/health');
    expect(logLines.join('')).toContain('Server listening');
    expect(logLines.join('')).not.toContain('request failed');
  });
});

describe('a fault of ours', () => {
  it('leaks nothing', async () => {
    const id = await deploy();
    app.fault = new Error('password authentication failed', { cause: new Error('for user postgres') });
    const response = await get(`/deployments/${id}`);
    app.fault = undefined;
    expectFaults(response, 500, 'internal');
    expect(response.body).not.toContain('password');
  });
});

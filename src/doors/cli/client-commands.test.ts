import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startFakeServer } from './testing/fake-server.ts';
import type { FakeServer } from './testing/fake-server.ts';
import { runCommand } from './testing/run-command.ts';
import type { RunOptions } from './testing/run-command.ts';
import { DEPLOYMENT_ID, RUN_ID, deployment, dryRun, eventsOf, pendingRun, problem } from './testing/samples.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const run = (words: readonly string[], options: RunOptions = {}) =>
  runCommand(['--server', server.url, ...words], { env: { GROUNDWORK_KEY: 'key1' }, ...options });

const REQUEST = [
  'name: web-app-prod',
  'template: web-app-stack',
  'cloud_region: us-west-1',
  'parameters:',
  '  web_count: 2',
].join('\n');
const ACCEPTED = { id: DEPLOYMENT_ID, name: 'web-app-prod', status: 'PENDING', created_at: '2026-11-21T10:00:00.000Z' };
const path = `/deployments/${DEPLOYMENT_ID}`;

/** A deployment whose run ended with this status. */
function serveRun(status: 'succeeded' | 'failed', more: Parameters<typeof deployment>[0] = {}): void {
  const summary = { ...pendingRun(), status };
  server.answers('POST /deployments', ({ path: asked }) =>
    asked.includes('dry_run=true') ? { status: 200, body: dryRun() } : { status: 202, body: ACCEPTED },
  );
  server.answers(`GET ${path}`, { status: 200, body: deployment(more) });
  server.answers(`GET ${path}/runs`, { status: 200, body: { items: [summary] } });
  server.answers(`GET ${path}/runs/${RUN_ID}`, { status: 200, body: pendingRun() });
  const events = eventsOf(
    [0, 'run.started', null, { kind: 'deploy', total: 14 }],
    [100, 'node.started', 'network'],
    [900, 'node.done', 'network'],
    [9000, 'run.finished', null, { kind: 'deploy', status }],
  );
  server.answers(`GET ${path}/events`, { events });
}

describe('deploy', () => {
  it('sends a request file as it is, with the key, and says how to go on', async () => {
    serveRun('succeeded');
    const ran = await run(['deploy', 'r.yaml', '--idempotency-key', 'once'], { files: { 'r.yaml': REQUEST } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe(
      `web-app-prod is accepted (PENDING), id ${DEPLOYMENT_ID}\nWatch it with: groundwork watch web-app-prod\n`,
    );
    expect(server.asked).toEqual([
      {
        ...{ method: 'POST', path: '/deployments', key: 'key1', idempotencyKey: 'once' },
        body: {
          name: 'web-app-prod',
          template: 'web-app-stack',
          cloud_region: 'us-west-1',
          parameters: { web_count: 2 },
        },
      },
    ]);
  });

  it('takes options instead of a file, or on top of one; values are read as YAML reads them', async () => {
    serveRun('succeeded');
    const words = ['-n', 'other', '-p', 'web_count=5', '-p', 'image="22"', '-p', 'note=a=b', '--policy', 'hold'];
    await run(['deploy', '-', ...words], { stdin: REQUEST });
    await run(['deploy', '-t', 't', '-r', 'r', ...words]);
    const parameters = { web_count: 5, image: '22', note: 'a=b' };
    expect(server.asked.map(({ body }) => body)).toEqual([
      { name: 'other', template: 'web-app-stack', cloud_region: 'us-west-1', parameters, failure_policy: 'hold' },
      { name: 'other', template: 't', cloud_region: 'r', parameters, failure_policy: 'hold' },
    ]);
  });

  it('shows the plan first, then each change, then addresses and how to look again when it watches', async () => {
    serveRun('succeeded');
    const { code, stdout } = await run(['deploy', '-', '--watch'], { stdin: REQUEST });
    expect(code).toBe(0);
    const parts = [
      'Plan for web-app-prod',
      'Estimated time: 23 s',
      'network                 created',
      'Deploy succeeded',
      '10.0.1.10',
      'groundwork get web-app-prod',
    ];
    const places = parts.map((part) => stdout.indexOf(part));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(stdout).not.toContain('\u001b');
  });

  it('ends with 1 when the run that it watched failed', async () => {
    const error = {
      type: 'QuotaExceeded',
      message: 'Quota exceeded',
      failed_activity: 'create openstack.server server/web/1',
      rollback_completed: true,
      left_over: [],
    };
    serveRun('failed', { status: 'FAILED', error });
    const { code, stdout } = await run(['deploy', '-', '--watch'], { stdin: REQUEST });
    expect(code).toBe(1);
    expect(stdout).toContain('QuotaExceeded: could not create openstack.server server/web/1');
    expect(stdout).toContain('What this run had made is gone again.');
  });

  it('only plans with --dry-run', async () => {
    serveRun('succeeded');
    expect((await run(['deploy', '-', '--dry-run'], { stdin: REQUEST })).stdout).toContain('Plan for web-app-prod');
    expect(JSON.parse((await run(['deploy', '-', '--dry-run', '--json'], { stdin: REQUEST })).stdout)).toEqual(
      dryRun(),
    );
    expect(server.asked.map((asked) => asked.path)).toEqual(['/deployments?dry_run=true', '/deployments?dry_run=true']);
  });

  it('prints nothing but the JSON of the API under --json, and nothing but the id under --quiet', async () => {
    serveRun('succeeded');
    expect(JSON.parse((await run(['deploy', '-', '--json'], { stdin: REQUEST })).stdout)).toEqual(ACCEPTED);
    expect(JSON.parse((await run(['deploy', '-', '--json', '-w'], { stdin: REQUEST })).stdout)).toEqual(deployment());
    expect((await run(['deploy', '-', '--quiet'], { stdin: REQUEST })).stdout).toBe(`${DEPLOYMENT_ID}\n`);
    expect((await run(['deploy', '-', '--quiet', '-w'], { stdin: REQUEST })).stdout).toBe(`${DEPLOYMENT_ID}\n`);
  });

  it('redraws progress in place on a terminal', async () => {
    serveRun('succeeded');
    const { stdout } = await run(['deploy', '-', '-w'], { stdin: REQUEST, isTTY: true });
    expect(stdout).toContain('\u001b[?25l');
    expect(stdout).toContain('✔ Deployed web-app-prod in us-west-1: 1 resource in 9.0 s');
    const withoutColor = await run(['deploy', '-', '-w'], { stdin: REQUEST, isTTY: true, env: { NO_COLOR: '1' } });
    expect(withoutColor.stdout).not.toMatch(/\u001b\[\d+m/);
  });

  it('stops watching on Ctrl-C, and says that the run goes on', async () => {
    serveRun('succeeded');
    const ran = await run(['watch', DEPLOYMENT_ID], { onInterruptible: (press) => press() });
    expect(ran.code).toBe(130);
    expect(ran.stderr).toBe(
      'Stopped watching; the run goes on without you. Look again with: groundwork watch web-app-prod\n',
    );
    expect(server.asked.some(({ method }) => method !== 'GET')).toBe(false);
  });
});

describe('exit codes', () => {
  it.each([
    [['deploy']],
    [['deploy', 'no-such-file.yaml']],
    [['deploy', '-', '--param', 'novalue']],
    [['deploy', '-', '--policy', 'shrug']],
    [['deploy', '-', '--no-such-option']],
    [['frobnicate']],
    [['get']],
    [['list', '--limit', 'many']],
    [['--server', 'nonsense', 'list']],
    [[]],
  ])('are 2 for a command line that cannot be understood: %j', async (words) => {
    const ran = await run(words, { stdin: REQUEST });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toBe('');
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['a: [1', 'standard input:1:'],
    ['- a list', 'must be a map'],
  ])('are 2 for a file that is no request: %j', async (stdin, words) => {
    const ran = await run(['deploy', '-'], { stdin });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(words);
  });

  it('are 3 when no server answers, or something that is none', async () => {
    const nobody = await runCommand(['--server', 'http://127.0.0.1:1', 'list']);
    expect(nobody.code).toBe(3);
    expect(nobody.stderr).toMatch(
      /^Cannot reach a server at http:\/\/127\.0\.0\.1:1: .+\nStart one with: groundwork start\./,
    );
    server.answers('GET /regions', { status: 502, body: 'Bad Gateway' });
    expect((await run(['regions'])).code).toBe(3);
  });

  it('are 4 when the server refuses; each fault is shown with its line, value and remedy', async () => {
    const errors = [
      {
        pointer: '/parameters/web_count',
        detail: 'is above the maximum of 20',
        value: 200,
        remedy: 'Ask for at most 20.',
      },
      { pointer: '/parameters/ap_count', detail: 'is no parameter', remedy: 'Did you mean app_count?' },
    ];
    server.answers('POST /deployments', { status: 400, body: problem({ errors }) });
    const files = { 'prod.yaml': REQUEST.replace('web_count: 2', 'web_count: 200') };
    const ran = await run(['deploy', 'prod.yaml'], { files });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toMatchInlineSnapshot(`
      "Refused: The parameters do not fit the template (invalid_parameters)
        Two parameters of web-app-stack are wrong.
        prod.yaml:5:3  /parameters/web_count
          is above the maximum of 20 (given: 200)
          Ask for at most 20.
        /parameters/ap_count
          is no parameter
          Did you mean app_count?
        Correct the fields listed in \`errors\`; GET /templates/{name} shows the
        parameters.
        Request id: req-0192f0c1
      "
    `);
    const json = await run(['deploy', 'prod.yaml', '--json'], { files });
    expect(JSON.parse(json.stdout)).toEqual(problem({ errors }));
  });

  it('tell where a key is looked for when there is none', async () => {
    const body = problem({ code: 'unauthenticated', status: 401, title: 'No valid API key' });
    server.answers('GET /regions', { status: 401, body });
    const ran = await runCommand(['--server', server.url, 'regions']);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('GROUNDWORK_KEY');
  });

  it('are 0 for help and version', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('the key', () => {
  it('comes from the option, the environment, or the key file of a server on this machine, in this order', async () => {
    server.answers('GET /regions', { status: 200, body: { items: [] } });
    await run(['--key', 'a', 'regions'], { env: { GROUNDWORK_KEY: 'b' }, keyFile: 'c' });
    await run(['regions'], { env: { GROUNDWORK_KEY: 'b' }, keyFile: 'c' });
    await run(['regions'], { env: { GROUNDWORK_KEY: '' }, keyFile: 'c' });
    await run(['regions'], { env: {} });
    expect(server.asked.map(({ key }) => key)).toEqual(['a', 'b', 'c', undefined]);
  });

  it('is never taken from the key file for a server elsewhere', async () => {
    const keys: (string | null)[] = [];
    const spy: typeof fetch = async (_, init) => {
      keys.push(new Headers(init?.headers).get('x-api-key'));
      return Response.json({ items: [] });
    };
    await runCommand(['--server', 'https://cloud.example', 'regions'], { keyFile: 'local', fetch: spy });
    await runCommand(['--server', 'http://localhost:1', 'regions'], { keyFile: 'local', fetch: spy });
    expect(keys).toEqual([null, 'local']);
  });
});

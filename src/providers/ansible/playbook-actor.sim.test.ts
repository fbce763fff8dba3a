import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventType } from '../../domain/event.ts';
import type { JsonObject } from '../../domain/json.ts';
import { attemptDirectory } from './attempt-directory.ts';
import { startPlay } from './play-process.ts';
import { openPlayBench, type PlayBench } from './testing/play-bench.ts';

const NOTHING_TOLD: ReadonlyMap<EventType, JsonObject> = new Map();

let bench: PlayBench;
beforeEach(async () => {
  bench = await openPlayBench();
});
afterEach(() => bench.close());

/** What lies in the directory of plays. */
const leftBehind = (): Promise<string[]> => readdir(join(bench.dataDir, 'playbook-runs')).catch(() => []);

describe('a play', () => {
  it('tells its output in order, the recap, and its result, and leaves nothing behind', async () => {
    const order = await bench.order('echo one; echo two; recap web-1 2 0; printf "no end"');
    const outcome = await bench.actor.act(order, bench.context);
    expect(bench.lines()).toEqual(['one', 'two', 'no end']);
    expect(outcome.failure).toBeUndefined();
    expect(outcome.result).toMatchObject({ exit_code: 0, recap: { 'web-1': { ok: 2 } }, playbook: 'play.yml' });
    expect(bench.told.at(-1)).toMatchObject({ type: 'play.recap', data: { attempt: 1, exit_code: 0 } });
    expect([await leftBehind(), await readdir(bench.temporaryDirectory)]).toEqual([[], []]);
  });

  it('gets files that only its account may read, and the variables not on the command line', async () => {
    const look = 'ls -l inventory.json extra-vars.yml | cut -c1-10; echo "$@"; cat extra-vars.yml; recap a 1 0';
    const wanted = { extra_vars: { port: 80, db_password: { $sealed: 'sealed "hunter-2"' } } };
    await bench.actor.act(await bench.order(look, { wanted }), bench.context);
    const [first, second, commandLine, variables] = bench.lines();
    expect([first, second]).toEqual(['-rw-------', '-rw-------']);
    expect(commandLine).toMatch(/--extra-vars=@\S+extra-vars\.yml \S+play\.yml$/);
    expect(variables).toBe('{"port": 80, "db_password": !unsafe "********"}');
  });

  it.each([
    ['exit 2', 'AnsibleFailed'],
    ['recap a 1 1; exit 0', undefined],
    ['echo "ERROR! syntax" >&2; exit 4', 'PlaybookInvalid'],
    ['exit 0', 'NoHostsMatched'],
    ['exit 127', 'AnsibleNotInstalled'],
    ['kill -9 $$', 'AnsibleFailed'],
  ])('that ends by `%s` is judged as %s', async (script, type) => {
    const outcome = await bench.actor.act(await bench.order(script), bench.context);
    expect(outcome.failure?.type).toBe(type);
  });

  it('is refused when its program is nowhere', async () => {
    const lost = await openPlayBench('no-such-ansible-playbook');
    const order = await lost.order('true');
    const refusal = await lost.actor.act(order, lost.context).catch((error: unknown) => lost.actor.classify(error));
    expect(refusal).toMatchObject({ type: 'AnsibleNotInstalled', remedy: expect.stringContaining('apt install') });
    await lost.close();
  });

  it('is refused when the playbook is another than was accepted, or gone', async () => {
    const order = await bench.order('true');
    await bench.order('false');
    const changed = await bench.actor.act(order, bench.context).catch((error: unknown) => bench.actor.classify(error));
    expect(changed).toMatchObject({ type: 'PlaybookChanged' });
    const gone = { ...order, wanted: { ...order.wanted, playbook: 'gone.yml' } };
    const missing = await bench.actor.act(gone, bench.context).catch((error: unknown) => bench.actor.classify(error));
    expect(missing).toMatchObject({ type: 'PlaybookNotFound', message: expect.stringContaining('gone.yml') });
  });
});

describe('ending a play', () => {
  const STUBBORN = 'trap "" TERM; echo $$ > "$marks/pid"; while :; do sleep 0.1; done';
  /** A process that leaves the group, as Ansible's workers do from 2.19 on. */
  const RUNAWAY = 'setsid sh -c \'echo $$ > "$1"; sleep 600\' sh "$marks/runaway" & ';

  it('ends the whole group when the time is up, one that ignores SIGTERM too', async () => {
    bench.region = { ...bench.region, timeoutMs: 300 };
    const outcome = await bench.actor.act(await bench.order(`echo before; ${STUBBORN}`), bench.context);
    expect(outcome).toMatchObject({ failure: { type: 'PlaybookTimeout' }, result: { exit_code: null } });
    expect(bench.lines()).toEqual(['before']);
    expect(await bench.isAlive(Number(await bench.marked('pid')))).toBe(false);
  }, 20_000);

  it('ends what left the group when it is cancelled', async () => {
    const order = await bench.order(`${RUNAWAY} echo $$ > "$marks/pid"; sleep 600`);
    const acting = bench.actor.act(order, bench.context);
    const pids = [await bench.marked('pid'), await bench.marked('runaway')].map(Number);
    bench.stop.abort();
    expect((await acting).failure?.type).toBe('Cancelled');
    expect(await Promise.all(pids.map((pid) => bench.isAlive(pid)))).toEqual([false, process.platform !== 'linux']);
  });

  it('ends it when its output cannot be told any more', async () => {
    const order = await bench.order('echo $$ > "$marks/pid"; echo said; sleep 600');
    const lost = new Error('the lease is lost');
    const acting = bench.actor.act(order, { ...bench.context, tell: () => Promise.reject(lost) });
    await expect(acting).rejects.toBe(lost);
    expect(await bench.isAlive(Number(await bench.marked('pid')))).toBe(false);
    await bench.actor.idle();
  });
});

describe('a play whose server was killed', () => {
  /** Starts a play as the killed server did, and leaves it. */
  async function abandoned(script: string, runId: string): Promise<void> {
    const directory = attemptDirectory(bench.dataDir, runId, 1);
    await mkdir(directory.path, { recursive: true });
    await writeFile(directory.inventory, '{}');
    const command = ['/bin/sh', '-c', `marks="${join(bench.mark('x'), '..')}"; mkdir -p "$marks"; ${script}`];
    const { PATH = '' } = process.env;
    await startPlay(directory, command, { PATH, GROUNDWORK_PLAY: runId, GROUNDWORK_PLAY_RECORD: directory.record });
  }

  it('is ended before the next attempt, which then tells what was not told', async () => {
    const order = await bench.order('true', { attempt: 2 });
    await abandoned('echo one; echo two; echo $$ > "$marks/pid"; sleep 600', order.runId);
    const pid = Number(await bench.marked('pid'));
    const told = new Map<EventType, JsonObject>([
      ['play.output', { attempt: 1, position: { line: 1, stdout: 4, stderr: 0 } }],
    ]);
    expect(await bench.actor.recover(order, bench.context, told)).toBeUndefined();
    expect(await bench.isAlive(pid)).toBe(false);
    expect(bench.told).toMatchObject([
      { type: 'play.output', data: { attempt: 1, lines: [{ n: 2, stream: 'stdout', text: 'two' }] } },
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  it('is taken for what it is when it had come to its end', async () => {
    const order = await bench.order('true', { attempt: 2 });
    const stats = '{"event":"stats","hosts":{"a":{"ok":1}}}';
    await abandoned(`echo '${stats}' > "$GROUNDWORK_PLAY_RECORD"`, order.runId);
    await expect
      .poll(() => existsSync(attemptDirectory(bench.dataDir, order.runId, 1).exit), { timeout: 5_000 })
      .toBe(true);
    const outcome = await bench.actor.recover(order, bench.context, NOTHING_TOLD);
    expect(outcome).toMatchObject({ result: { exit_code: 0, recap: { a: { ok: 1 } } } });
    expect(outcome?.failure).toBeUndefined();
    expect(bench.told.map(({ type }) => type)).toEqual(['play.recap']);
  });

  it('never begins when it had not begun yet', async () => {
    const order = await bench.order('true', { attempt: 2 });
    const directory = attemptDirectory(bench.dataDir, order.runId, 1);
    await mkdir(directory.path, { recursive: true });
    // The next worker looks while the process that will play is still on its way.
    await bench.actor.endLeftovers();
    const late = await startPlay(directory, ['/bin/sh', '-c', 'echo played'], { PATH: process.env['PATH'] ?? '' });
    expect(await late.ended).toBe(125);
    expect((await stat(directory.stdout)).size).toBe(0);
  });

  it('is not confused with a stranger that got its process id', async () => {
    const order = await bench.order('true', { attempt: 2 });
    const stranger = spawn('sleep', ['600'], { detached: true });
    const directory = attemptDirectory(bench.dataDir, order.runId, 1);
    await mkdir(directory.path, { recursive: true });
    await writeFile(directory.claim, `${stranger.pid}\nanother boot 12345\nend\n`);
    await bench.actor.recover(order, bench.context, NOTHING_TOLD);
    expect(await bench.isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
  });

  it('is ended at the next start, with its secrets', async () => {
    const order = await bench.order('true', { attempt: 2 });
    await abandoned('echo $$ > "$marks/pid"; sleep 600', order.runId);
    const pid = Number(await bench.marked('pid'));
    await bench.actor.endLeftovers();
    expect(await bench.isAlive(pid)).toBe(false);
    const { inventory, claim } = attemptDirectory(bench.dataDir, order.runId, 1);
    expect([existsSync(inventory), await readFile(claim, 'utf8')]).toEqual([
      false,
      expect.stringMatching(/^\d+\n.+\nend\n$/),
    ]);
  });
});

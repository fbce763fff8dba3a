import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';

import { hostFacts } from '../../tests/host-facts.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';

const COMPILED = new URL('../../dist/src/store/embedded-postgres.js', import.meta.url).href;
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = hostFacts().uid === 0;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A directory of its own, which everybody may pass through unless `mode` says otherwise. */
async function directory(mode = 0o711): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'groundwork-launcher-'));
  cleanUps.push(() => rm(path, { recursive: true, force: true }));
  await chmod(path, mode);
  return path;
}

async function start(dataDir: string, host = hostFacts(), durable = false): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, host, durable });
  cleanUps.push(() => server.stop());
  return server;
}

/** Starts the server in a process of its own, which then kills itself the hard way. Returns the server's id. */
async function startAndDie(dataDir: string, account: object = {}): Promise<number> {
  const program = `
    import { tmpdir } from 'node:os';
    import { startEmbeddedPostgres } from ${JSON.stringify(COMPILED)};
    const host = { platform: process.platform, arch: process.arch, uid: process.getuid(), tmpdir: tmpdir() };
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, host, durable: false });
    process.stdout.write(String(server.pid), () => process.kill(process.pid, 'SIGKILL'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    ...account,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  return Number(said);
}

async function query(url: string, statement: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: statement, rowMode: 'array' });
    return rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  it('listens on a private socket only, keeps what it acknowledged, and sorts alike on every host', async () => {
    const dataDir = await directory();
    const server = await start(dataDir, hostFacts(), true);
    expect(server.adopted).toBe(false);
    const settings = `select current_setting('listen_addresses'), current_setting('fsync'), current_setting('server_encoding')`;
    expect(await query(server.url, settings)).toEqual([['', 'on', 'UTF8']]);
    const locale = 'select datlocprovider, datlocale from pg_database where datname = current_database()';
    expect(await query(server.url, locale)).toEqual([['b', 'C.UTF-8']]);
    expect((await stat(join(dataDir, 'postgres', 'run'))).mode & 0o777).toBe(0o700);
  });

  it('outlives the process that started it and is adopted by the next one', async () => {
    const dataDir = await directory();
    const pid = await startAndDie(dataDir);
    const server = await start(dataDir);
    expect([server.adopted, server.pid]).toEqual([true, pid]);
  });

  it('starts again, with its data, after it was killed', async () => {
    const dataDir = await directory();
    const first = await start(dataDir, hostFacts(), true);
    await query(first.url, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    const second = await start(dataDir);
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'select answer from kept')).toEqual([[42]]);
  });

  it('starts although its old process id now belongs to another program', async () => {
    const dataDir = await directory();
    const first = await start(dataDir);
    process.kill(first.pid, 'SIGKILL');
    const data = join(dataDir, 'postgres', 'data');
    const { uid, gid } = await stat(data);
    const stranger = spawn('/bin/sh', ['-c', 'read line'], {
      ...(isRoot ? { uid, gid } : {}),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    cleanUps.push(async () => stranger.stdin.destroy());
    for (const lock of [join(data, 'postmaster.pid'), join(dataDir, 'postgres', 'run', '.s.PGSQL.5432.lock')]) {
      await writeFile(lock, (await readFile(lock, 'utf8')).replace(/^\d+/, String(stranger.pid)));
    }
    const second = await start(dataDir);
    expect(second.adopted).toBe(false);
    expect(stranger.exitCode).toBe(null);
  });

  it('is one server when two starts happen at once', async () => {
    const dataDir = await directory();
    const [one, other] = await Promise.all([start(dataDir), start(dataDir)]);
    expect(one.pid).toBe(other.pid);
    expect(one.adopted).toBe(!other.adopted);
  });

  it('is gone after stop, which may be said twice', async () => {
    const server = await start(await directory());
    await server.stop();
    await server.stop();
    await expect(query(server.url, 'select 1')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  });

  it('finds a short private place for its socket when the data directory has a long name', async () => {
    const dataDir = join(await directory(), 'long-name-'.repeat(12));
    const server = await start(dataDir);
    const socketDir = new URL(server.url).searchParams.get('host') ?? '';
    cleanUps.push(() => rm(socketDir, { recursive: true, force: true }));
    expect(socketDir.startsWith(tmpdir())).toBe(true);
    expect((await stat(socketDir)).mode & 0o777).toBe(0o700);
    expect((await startEmbeddedPostgres({ dataDir, host: hostFacts() })).url).toBe(server.url);
  });

  it('refuses a socket directory that others may enter', async () => {
    const dataDir = await directory();
    await mkdir(join(dataDir, 'postgres', 'run'), { recursive: true, mode: 0o755 });
    await expect(start(dataDir)).rejects.toThrow(/mode 0700/);
  });

  it('names the remedy on a platform that has no bundled PostgreSQL', async () => {
    const host = { ...hostFacts(), arch: 'riscv64' };
    await expect(start(await directory(), host)).rejects.toThrow(
      /linux-riscv64.*DATABASE_URL|darwin-riscv64.*DATABASE_URL/,
    );
  });

  it('refuses data of another major version', async () => {
    const dataDir = await directory();
    const server = await start(dataDir);
    await server.stop();
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '12\n');
    await expect(start(dataDir)).rejects.toThrow(/written by PostgreSQL 12/);
  });
});

describe.runIf(isRoot)('the embedded PostgreSQL, started by root', () => {
  it('keeps its data where its account can reach them when the data directory is private', async () => {
    const dataDir = join(await directory(0o700), 'data');
    const server = await start(dataDir);
    const elsewhere = await readFile(join(dataDir, 'postgres', 'moved-to'), 'utf8');
    cleanUps.splice(-1, 0, () => rm(elsewhere, { recursive: true, force: true }));
    expect(new URL(server.url).searchParams.get('host')).toBe(join(elsewhere, 'run'));
    await server.stop();
    expect((await start(dataDir)).url).toBe(server.url);
  });

  it('does not drive the database of a data directory from a copy of it', async () => {
    const parent = await directory(0o700);
    const server = await start(join(parent, 'original'));
    const elsewhere = await readFile(join(parent, 'original', 'postgres', 'moved-to'), 'utf8');
    cleanUps.splice(-1, 0, () => rm(elsewhere, { recursive: true, force: true }));
    await cp(join(parent, 'original'), join(parent, 'copy'), { recursive: true });
    await expect(start(join(parent, 'copy'))).rejects.toThrow(/is a copy/);
    expect(await query(server.url, 'select 1')).toEqual([[1]]);
  });

  it('runs as the owner of data that an ordinary user made, and the other way round says who may', async () => {
    const dataDir = await directory(0o755);
    const repository = new URL('../..', import.meta.url).pathname;
    const isReadable = spawn('/bin/sh', ['-c', 'test -r "$1/package.json"', 'sh', repository], NOBODY);
    const [code] = await once(isReadable, 'exit');
    if (code !== 0) return expect(repository).toMatch(/^\/root\//); // nobody cannot even read the program there
    await chown(dataDir, NOBODY.uid, NOBODY.gid);
    const pid = await startAndDie(dataDir, NOBODY);
    const server = await start(dataDir);
    expect([server.adopted, server.pid]).toEqual([true, pid]);
    expect((await stat(join(dataDir, 'postgres', 'data'))).uid).toBe(NOBODY.uid);
    const asAnother = { ...hostFacts(), uid: 12345 };
    await expect(start(dataDir, asAnother)).rejects.toThrow(/belong to user id 65534/);
  });
});

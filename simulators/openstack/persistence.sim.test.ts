import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { logIn, makeNetwork, orderServer } from './testing/cloud-user.ts';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'dist', 'simulators', 'openstack', 'main.js');

let directory: string;
let child: ChildProcess | undefined;

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'ensure.js')]);
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundwork-simulator-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** @returns the address of the simulator once it answers. */
async function start(...words: string[]): Promise<string> {
  const started = spawn(process.execPath, [program, '--data-dir', directory, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
  return String((JSON.parse(line) as { url: string }).url);
}

async function end(signal: NodeJS.Signals): Promise<number | null> {
  const gone = once(child!, 'exit');
  child?.kill(signal);
  const [code] = (await gone) as [number | null];
  return code;
}

describe('the program', () => {
  it('keeps all it has answered for over a kill -9, and goes on with what was under way', async () => {
    const url = await start('--delays', 'serverBuild=600');
    const user = await logIn(url);
    const { network } = await makeNetwork(user);
    const orders = await Promise.all(['a', 'b', 'c'].map((name) => orderServer(user, network, { name })));
    await end('SIGKILL');

    const again = await start('--port', new URL(url).port);
    const list = async () => (await user.call('GET', '/compute/v2.1/servers/detail')).body.servers;
    expect(again).toBe(url);
    expect((await list()).map((server: { id: string }) => server.id).sort()).toEqual(
      orders.map(({ body }) => String(body.server.id)).sort(),
    );
    await expect
      .poll(async () => (await list()).map((server: { status: string }) => server.status), { timeout: 10_000 })
      .toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    const { body } = await user.call('GET', '/network/v2.0/ports?device_owner=compute:nova');
    const addresses = body.ports.map((port: { fixed_ips: { ip_address: string }[] }) => port.fixed_ips[0]?.ip_address);
    expect(new Set(addresses).size).toBe(3);
  });

  it('ends cleanly on SIGTERM and refuses nonsense with 2', async () => {
    await start();
    expect(await end('SIGTERM')).toBe(0);
    child = spawn(process.execPath, [program, '--delays', 'serverBild=1'], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([2, null]);
  });
});

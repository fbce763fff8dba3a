/**
 * Where figures come from: what they are worth depends on it.
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT, VERSION } from '../src/main/package-root.ts';

export interface Machine {
  readonly date: string;
  readonly hardware: string;
  readonly software: string;
  readonly commit: string;
  /** Average number of busy processes in the minute before the measurement: noise of others. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const [processor] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    hardware: `${cpus().length} × ${processor?.model.trim()}, ${memory} GiB, ${type()} ${release()}`,
    software: `Groundwork ${VERSION}, Node.js ${process.versions.node}, embedded PostgreSQL ${await postgresVersion()}`,
    commit: await commit(),
    loadBefore: loadavg()[0] ?? 0,
  };
}

async function postgresVersion(): Promise<string> {
  const { optionalDependencies } = JSON.parse(await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  return Object.values(optionalDependencies)[0]?.replace(/-.*/, '') ?? 'unknown';
}

async function commit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: PACKAGE_ROOT });
    return stdout.trim();
  } catch {
    // Not a checkout.
    return 'unknown';
  }
}

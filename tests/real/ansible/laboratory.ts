/**
 * The hosts that `up` brings: how a test looks into them, and whether they are there.
 */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const directory = process.env['GROUNDWORK_ANSIBLE_DIR'] ?? '/var/lib/groundwork-ansible';

export const KEY_FILE = join(directory, 'keys', 'id_ed25519');

/** Of no deployment. */
export const FOREIGN = '198.18.77.200';

/** Whether the hosts are there; says so loudly when not, because the suite is then skipped. */
export function isLaboratoryThere(): boolean {
  if (existsSync(KEY_FILE)) return true;
  process.stderr.write(
    `\nSKIPPED: no hosts to play on: ${KEY_FILE} does not exist; run tests/real/ansible/up first\n\n`,
  );
  return false;
}

/** What a command prints on a host, asked past Ansible. */
export async function onHost(name: string, command: string): Promise<string> {
  const pid = (await promisify(execFile)('ip', ['netns', 'pids', `gwplay-${name}`])).stdout.split('\n')[0] ?? '';
  const { stdout } = await promisify(execFile)('nsenter', ['-t', pid, '-m', '-n', '-u', 'sh', '-c', command]);
  return stdout;
}

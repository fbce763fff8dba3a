/**
 * Telling whether a process id still means the same process: ids are used again, but not with the same start time.
 */

import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Shell lines that write the identity of the shell's own process as `processIdentity` gives it. Linux: the boot, and the
 * start in clock ticks since (proc(5), field 22 of stat); elsewhere what `ps` says.
 */
export const WRITE_OWN_IDENTITY = `if [ -r "/proc/$$/stat" ]; then
  read -r boot < /proc/sys/kernel/random/boot_id
  read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _ < "/proc/$$/stat"
  echo "$boot $start"
else
  LC_ALL=C ps -o lstart= -p "$$"
fi`;

/** @returns undefined when there is no such process */
export async function processIdentity(pid: number, platform: string): Promise<string | undefined> {
  try {
    if (platform === 'linux') {
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
      const stat = await readStat(pid);
      return stat && `${boot.trim()} ${stat.start}`;
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // gone while it was looked at
  }
}

/**
 * Living processes that belong to a process group or carry a text in their environment. Linux only, where it finds also
 * those that left the group; elsewhere undefined.
 */
export async function membersOf(
  search: { readonly group: number | undefined; readonly mark: string },
  platform: string,
): Promise<number[] | undefined> {
  if (platform !== 'linux') return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const members = await Promise.all(pids.map((pid) => isMember(pid, search)));
  return pids.filter((_, index) => members[index]);
}

async function isMember(pid: number, search: { group: number | undefined; mark: string }): Promise<boolean> {
  const stat = await readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return false;
  if (stat.group === search.group) return true;
  // Other people's processes cannot be read, and are not ours.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(search.mark);
}

/** The program's name, in parentheses, may hold blanks and parentheses itself. */
async function readStat(pid: number): Promise<{ state: string; group: number; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), start: fields[19] ?? '' };
}

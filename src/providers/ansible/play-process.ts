/**
 * The process of a play, in a process group of its own, which outlives a killed worker and must then be found and ended by
 * the next one.
 *
 * The first thing the new process does is to write who it is into the attempt's directory, refusing to go on when the file is
 * there. Whoever wants to end the attempt writes the same file: one of the two comes first, so there is no moment in which a
 * play runs that nobody can find. Its output goes into files rather than pipes: a broken pipe would end the play at some
 * arbitrary point and lose what was printed last.
 */

import { spawn } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptDirectory } from './attempt-directory.ts';
import { membersOf, processIdentity, WRITE_OWN_IDENTITY } from './process-identity.ts';
import type { PlayHost } from './settings.ts';

/** Working directory: that of the attempt. Arguments: the program and its own. */
const SCRIPT = `set -C
{
  echo "$$"
  ${WRITE_OWN_IDENTITY}
  echo end
} > process || exit 125
"$@"
status=$?
echo "$status" > exit.new && mv exit.new exit
exit "$status"`;

/** How long a play may take to end after SIGTERM, and how long killed processes may take to go. */
const GRACE_MS = 5_000;
const GONE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;
/** A claim is three short lines; without its last one after this time its writer is dead. */
const CLAIM_WITHIN_MS = 2_000;

/** Environment variable by which every process of a play can be told, also one that left the group. */
export const PLAY_MARK = 'GROUNDWORK_PLAY';

export interface PlayProcess {
  /** Fulfilled with the exit code, or null when it was killed. */
  readonly ended: Promise<number | null>;
}

export async function startPlay(
  directory: AttemptDirectory,
  commandLine: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<PlayProcess> {
  const [stdout, stderr] = await Promise.all([open(directory.stdout, 'a', 0o600), open(directory.stderr, 'a', 0o600)]);
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'groundwork-play', ...commandLine], {
      cwd: directory.path,
      env: environment,
      detached: true,
      stdio: ['ignore', stdout.fd, stderr.fd],
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    ended.catch(() => {
      // Whoever awaits it hears of it; until then it must not count as unhandled.
    });
    return { ended };
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

/**
 * Ends all that belongs to an attempt, or sees to it that it never begins.
 * @throws Error when something cannot be killed
 */
export async function endPlay(directory: AttemptDirectory, host: PlayHost): Promise<void> {
  const group = await livingGroup(directory, host);
  const search = { group, mark: `${PLAY_MARK}=${directory.runId}` };
  const asked = new Set<number>();
  for (const began = performance.now(); ; await delay(LOOK_EVERY_MS)) {
    const members = (await membersOf(search, host.platform)) ?? groupAsMember(group, host);
    if (members.length === 0) return;
    const spent = performance.now() - began;
    if (spent > GRACE_MS + GONE_WITHIN_MS)
      throw new Error(`processes of a play cannot be killed: ${members.join(', ')}`);
    for (const member of members) {
      if (spent > GRACE_MS) host.signal(member, 'SIGKILL');
      // Asked once: a second SIGTERM may break off the clean-up that the first one began.
      else if (!asked.has(member)) host.signal(member, 'SIGTERM');
      asked.add(member);
    }
  }
}

/** Where processes cannot be listed, the group is signalled as a whole, by its negative number. */
function groupAsMember(group: number | undefined, host: PlayHost): number[] {
  return group !== undefined && host.signal(-group, 0) ? [-group] : [];
}

/** The process group of an attempt, when its leader is still that process. */
async function livingGroup(directory: AttemptDirectory, { platform }: PlayHost): Promise<number | undefined> {
  const claim = await takeOrReadClaim(directory);
  if (!claim) return undefined;
  return (await processIdentity(claim.pid, platform)) === claim.identity ? claim.pid : undefined;
}

async function takeOrReadClaim({ claim }: AttemptDirectory): Promise<{ pid: number; identity: string } | undefined> {
  const taken = await writeFile(claim, 'nobody\nend\n', { flag: 'wx', mode: 0o600 }).then(
    () => true,
    (error: unknown) => {
      // EEXIST: the process came first. ENOENT: there is no such attempt on this machine.
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true;
      throw error;
    },
  );
  if (taken) return undefined;
  for (const began = performance.now(); performance.now() - began < CLAIM_WITHIN_MS; await delay(LOOK_EVERY_MS)) {
    const [pid = '', identity = '', end] = (await readFile(claim, 'utf8')).split('\n');
    if (end === 'end') return { pid: Number(pid), identity: identity.trim() };
    if (pid === 'nobody') return undefined;
  }
  return undefined;
}

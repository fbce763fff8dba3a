/**
 * Under which operating-system account PostgreSQL runs, and what that account can reach.
 *
 * PostgreSQL refuses to run as root. As root we therefore step down to an account that is already there: the owner
 * of existing data, else `postgres`, else `nobody`. None is created, so the host stays as it was. Everybody else
 * runs PostgreSQL as himself.
 *
 * Reachability is asked of the kernel, by a child that has already stepped down, rather than computed from mode bits:
 * access lists, mount options and security modules all have a say in it.
 */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';

/** What the launcher must know about the machine. `main` reads it from `process` and `os`. */
export interface HostFacts {
  /** as `process.platform` */
  readonly platform: string;
  /** as `process.arch` */
  readonly arch: string;
  /** as `process.getuid()` */
  readonly uid: number;
  /** as `os.tmpdir()` */
  readonly tmpdir: string;
}

/** The account PostgreSQL runs under; `stepDown` holds the ids to switch to, absent when no switch is needed. */
export interface Account {
  readonly uid: number;
  readonly stepDown?: { readonly uid: number; readonly gid: number };
}

/** What a finished program left behind. `code` is null when a signal ended it. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** A closed environment: PG* variables of the caller must not redirect our server, and messages stay English. */
export const CLOSED_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Picks the account for the data directory `data` (which need not exist yet).
 * @throws Error when the data belong to somebody else, or when root finds no account to step down to.
 */
export async function chooseAccount(host: HostFacts, data: string): Promise<Account> {
  const owner = await stat(data).catch(() => undefined);
  if (host.uid !== 0) {
    if (owner === undefined || owner.uid === host.uid) return { uid: host.uid };
    throw new Error(
      `The PostgreSQL data in ${data} belong to user id ${owner.uid}, and this process runs as user id ${host.uid}. ` +
        'Run as that user or as root, or choose another data directory.',
    );
  }
  if (owner !== undefined && owner.uid !== 0) return steppingDownTo(owner.uid, owner.gid);
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = ['postgres', 'nobody'].flatMap((name) => lines.filter((fields) => fields[0] === name))[0];
  if (entry === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and /etc/passwd names neither "postgres" nor "nobody" to run it as. ' +
        'Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own.',
    );
  }
  return steppingDownTo(Number(entry[2]), Number(entry[3]));
}

function steppingDownTo(uid: number, gid: number): Account {
  return { uid, stepDown: { uid, gid } };
}

/**
 * Runs a program to its end as the account.
 * @throws Error when it cannot be started at all.
 */
export function run(account: Account, program: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...account.stepDown,
      cwd: '/',
      env: CLOSED_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (cause) => reject(new Error(cannotRun(program, cause), { cause })));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Explains a program that did not start. ENOENT for a file that is there means that its loader (glibc) is not. */
export function cannotRun(program: string, cause: NodeJS.ErrnoException): string {
  if (cause.code === 'ENOENT') {
    return (
      `This system cannot run ${program}: the bundled PostgreSQL needs glibc 2.27 or newer, which musl systems such ` +
      'as Alpine do not have. Set DATABASE_URL to a PostgreSQL server of your own.'
    );
  }
  if (cause.code === 'EPERM' || cause.code === 'EINVAL') {
    return (
      `This process is root but may not switch to another user to run ${program}. Start as an ordinary user, or set ` +
      'DATABASE_URL to a PostgreSQL server of your own.'
    );
  }
  return `Cannot start ${program}. Set DATABASE_URL to a PostgreSQL server of your own to do without it.`;
}

/** Whether the account can enter the directory (or run the program) at `path`. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  const { code } = await run(account, '/bin/sh', '-c', 'test -x "$1"', 'sh', path);
  return code === 0;
}

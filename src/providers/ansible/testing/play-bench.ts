/**
 * An actor with playbooks that are pieces of shell, on directories of its own: for tests of how processes are handled.
 */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { EventType } from '../../../domain/event.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { PlayWanted } from '../../../domain/plan-configure.ts';
import type { ActContext, ActOrder } from '../../../ports/actor.ts';
import type { Logger } from '../../../ports/logger.ts';
import { createPlaybookActor, type PlaybookActor } from '../playbook-actor.ts';
import { createPlaybooks } from '../playbooks.ts';
import type { PlaySettings, RegionPlaySettings } from '../settings.ts';

export const FAKE_ANSIBLE = fileURLToPath(new URL('./fake-ansible-playbook', import.meta.url));

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export interface Told {
  readonly type: EventType;
  readonly data: JsonObject;
}

export interface PlayBench {
  readonly actor: PlaybookActor;
  readonly dataDir: string;
  readonly temporaryDirectory: string;
  readonly told: Told[];
  readonly stop: AbortController;
  readonly context: ActContext;
  /** Settings that a test may change before an act. */
  region: RegionPlaySettings;
  /** Writes a playbook and gives the order to play it. */
  order(script: string, more?: Partial<ActOrder> & { readonly wanted?: Partial<PlayWanted> }): Promise<ActOrder>;
  mark(name: string): string;
  /** Waits for a mark that a playbook leaves. @returns its content */
  marked(name: string): Promise<string>;
  /** Texts of `play.output`, of one attempt. */
  lines(attempt?: number): string[];
  isAlive(pid: number): Promise<boolean>;
  close(): Promise<void>;
}

export async function openPlayBench(command = FAKE_ANSIBLE): Promise<PlayBench> {
  const root = await mkdtemp(join(tmpdir(), 'play-bench-'));
  const [dataDir, playbooksDir, temporaryDirectory] = [join(root, 'data'), join(root, 'playbooks'), join(root, 'tmp')];
  for (const directory of [dataDir, playbooksDir, temporaryDirectory]) await mkdir(directory);
  const told: Told[] = [];
  const stop = new AbortController();
  const bench: PlayBench = {
    actor: createPlaybookActor({
      ...settingsOf({ dataDir, playbooksDir, temporaryDirectory, command }),
      region: () => bench.region,
    }),
    dataDir,
    temporaryDirectory,
    told,
    stop,
    context: {
      signal: stop.signal,
      confirm: async () => {},
      tell: async (type, data) => void told.push({ type, data }),
    },
    region: { hostKeyPolicy: 'accept-new', timeoutMs: 20_000, connectTimeoutS: 5, forks: 5 },
    async order(script, { wanted, ...more } = {}) {
      await writeFile(join(playbooksDir, 'play.yml'), `# a playbook\n${script}\n`);
      return { ...ORDER, ...more, wanted: await wantedFor(playbooksDir, wanted) };
    },
    mark: (name) => join(playbooksDir, 'marks', name),
    marked: (name) =>
      vi.waitFor(
        async () => {
          const text = existsSync(bench.mark(name)) ? await readFile(bench.mark(name), 'utf8') : '';
          if (!text.endsWith('\n')) throw new Error(`no playbook left the mark ${name}`);
          return text;
        },
        { timeout: 10_000, interval: 20 },
      ),
    lines: (attempt = 1) => linesOf(told, attempt),
    isAlive: async (pid) => signalProcess(pid, 0) && !(await isZombie(pid)),
    close: () => rm(root, { recursive: true, force: true }),
  };
  return bench;
}

const ORDER = {
  owner: '019aa000-0000-7000-8000-000000000001',
  runId: '019aa000-0000-7000-8000-000000000002',
  key: 'playbook',
  region: 'here',
  attempt: 1,
};

async function wantedFor(playbooksDir: string, more: Partial<PlayWanted> = {}): Promise<PlayWanted> {
  const found = await createPlaybooks(playbooksDir).find('play.yml');
  if (typeof found === 'string') throw new Error(found);
  return {
    playbook: found.name,
    playbook_sha256: found.sha256,
    beside_sha256: found.besideSha256,
    idempotent: found.idempotent,
    inventory: { hosts: [], groups: {} },
    extra_vars: {},
    limit: null,
    ...more,
  };
}

function settingsOf(
  places: Pick<PlaySettings, 'dataDir' | 'playbooksDir' | 'command'> & { readonly temporaryDirectory: string },
): Omit<PlaySettings, 'region'> {
  const { temporaryDirectory, ...rest } = places;
  const searchPath = process.env['PATH'] ?? '/usr/bin:/bin';
  return {
    ...rest,
    host: {
      platform: process.platform,
      signal: signalProcess,
      searchPath,
      homeDirectory: tmpdir(),
      temporaryDirectory,
    },
    openSecret: (sealed) => sealed.replace(/^sealed /, ''),
    log: silent,
  };
}

function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ended, and not yet noticed by its parent: in a container nobody may ever notice. */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /\) Z /.test(stat);
}

function linesOf(told: readonly Told[], attempt: number): string[] {
  const output = told.filter(({ type, data }) => type === 'play.output' && data['attempt'] === attempt);
  return output.flatMap(({ data }) => (data['lines'] as { text: string }[]).map(({ text }) => text));
}

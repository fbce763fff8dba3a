/**
 * Puts the playing of playbooks together: the actor for runs, and what the use case needs.
 */

import { tmpdir } from 'node:os';
import type { Config } from '../config/load-config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Plays } from '../ports/playbooks.ts';
import {
  createPlaybookActor,
  createPlaybooks,
  createVariableSealer,
  type PlaybookActor,
  type RegionPlaySettings,
} from '../providers/ansible/index.ts';
import type { Closers } from './closers.ts';
import { keepSecretKey } from './secret-key.ts';

export interface PlaysInput {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly log: Logger;
}

const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Ends what plays of a server that was killed left running. */
export async function openPlays(input: PlaysInput, closers: Closers): Promise<{ actor: PlaybookActor; plays: Plays }> {
  const { config, environment, homeDirectory, log } = input;
  const sealer = createVariableSealer(config.secret_key ?? (await keepSecretKey(config.data_dir)));
  const { data_dir: dataDir, playbooks_dir: playbooksDir, ansible_playbook: command } = config;
  const actor = createPlaybookActor({
    dataDir,
    playbooksDir,
    command,
    host: {
      platform: process.platform,
      signal: signalProcess,
      searchPath: environment['PATH'] ?? USUAL_PATH,
      homeDirectory,
      temporaryDirectory: tmpdir(),
    },
    region: (name) => settingsOf(config.regions[name]?.ansible),
    openSecret: sealer.open,
    log,
  });
  await actor.endLeftovers();
  closers.add('plays', () => actor.idle());
  const mayBeForeign = (region: string): boolean => config.regions[region]?.ansible?.allow_foreign_hosts ?? false;
  return { actor, plays: { playbooks: createPlaybooks(playbooksDir), seal: sealer.seal, mayBeForeign } };
}

type AnsibleConfig = NonNullable<Config['regions'][string]['ansible']>;

/** Of a region without `ansible`, and of the simulated one, which is not in the configuration; as in contract/config.ts. */
const UNSAID: AnsibleConfig = {
  host_key_policy: 'accept-new',
  allow_foreign_hosts: false,
  timeout_seconds: 3600,
  connect_timeout_seconds: 10,
  forks: 10,
};

function settingsOf(ansible: AnsibleConfig = UNSAID): RegionPlaySettings {
  return {
    user: ansible.user,
    privateKeyFile: ansible.private_key_file,
    sshArgs: ansible.ssh_args,
    hostKeyPolicy: ansible.host_key_policy,
    knownHostsFile: ansible.known_hosts_file,
    vaultPasswordFile: ansible.vault_password_file,
    timeoutMs: ansible.timeout_seconds * 1000,
    connectTimeoutS: ansible.connect_timeout_seconds,
    forks: ansible.forks,
  };
}

/** @returns false when there is no such process (group) */
function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true;
    return false;
  }
}

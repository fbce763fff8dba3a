/**
 * What an operator has said about playing playbooks: for the whole server, and for the hosts of each region.
 */

import type { Logger } from '../../ports/logger.ts';

export interface RegionPlaySettings {
  /** Account on the hosts; without it the name of the account that the server runs under. */
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** Further arguments of `ssh`, as in a shell: `-o ProxyJump=bastion`. */
  readonly sshArgs?: string | undefined;
  /** A host that was never seen: remember its key (`accept-new`), or refuse it (`strict`). */
  readonly hostKeyPolicy: 'accept-new' | 'strict';
  /** Host keys, or the authorities that sign them, which are trusted from the beginning. */
  readonly knownHostsFile?: string | undefined;
  readonly vaultPasswordFile?: string | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutS: number;
  /** Hosts that are worked on at the same time. */
  readonly forks: number;
}

/** What the play needs of the machine, which only `src/main` sees. */
export interface PlayHost {
  readonly platform: string;
  /**
   * Sends a signal to a process, or to a process group when the number is negative; 0 only asks.
   * @returns false when there is no such process
   */
  readonly signal: (pid: number, signal: 'SIGTERM' | 'SIGKILL' | 0) => boolean;
  /** `PATH`: where programs are found. */
  readonly searchPath: string;
  readonly homeDirectory: string;
  /** With a short path: sockets lie here. */
  readonly temporaryDirectory: string;
}

export interface PlaySettings {
  readonly host: PlayHost;
  readonly dataDir: string;
  readonly playbooksDir: string;
  /** `ansible-playbook`, or a path to it. */
  readonly command: string;
  readonly region: (name: string) => RegionPlaySettings;
  /** Opens what was sealed when the request was accepted. @throws Error when that was done with another key */
  readonly openSecret: (sealed: string, deploymentId: string) => string;
  readonly log: Logger;
}

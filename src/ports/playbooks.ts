/**
 * Playbooks: what the server can play, and on what terms.
 */

export interface FoundPlaybook {
  /** Relative to the playbooks directory, without detours. */
  readonly name: string;
  /** Of the file itself. */
  readonly sha256: string;
  /** Of all files that it can use from the folders beside it: roles, variables, templates. */
  readonly besideSha256: string;
  /** False when the playbook declares that playing it twice is not as good as once. */
  readonly idempotent: boolean;
}

export interface Playbooks {
  /** @returns the playbook, or the reason why there is none, which continues a sentence */
  find(name: string): Promise<FoundPlaybook | string>;
}

/** What configuring needs of the world. */
export interface Plays {
  readonly playbooks: Playbooks;
  /** Makes a secret unreadable for whoever has only the database. */
  seal(text: string, deploymentId: string): string;
  /** Whether hosts that are not of the deployment may be played on. */
  mayBeForeign(region: string): boolean;
}

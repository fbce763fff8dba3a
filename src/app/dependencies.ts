/**
 * What the use cases need of the world.
 */

import type { TemplateLimits } from '../domain/check-template.ts';
import type { Region } from '../ports/driver.ts';
import type { Engine } from '../ports/engine.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';

export interface ConfiguredKey {
  readonly name: string;
  readonly scope: 'read' | 'write' | 'admin';
  /** SHA-256 of the key in hexadecimal. */
  readonly hash: string;
}

export interface Regions {
  get(name: string): Region | undefined;
  readonly all: readonly Region[];
}

export interface AppDependencies {
  readonly store: Store;
  readonly engine: Pick<Engine, 'check'>;
  readonly regions: Regions;
  readonly ids: Ids;
  readonly limits: TemplateLimits;
  /** Keys that the configuration names; they live and die with it and are not in the database. */
  readonly configuredKeys: readonly ConfiguredKey[];
  readonly webhooks: {
    readonly sender: Pick<WebhookSender, 'newSecret'>;
    /** Networks in CIDR notation that webhooks may point to beside public addresses. */
    readonly allowAddresses: readonly string[];
  };
  readonly log: Logger;
}

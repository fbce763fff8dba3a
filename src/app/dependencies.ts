/**
 * What the use cases need of the world.
 */

import type { PriceTable } from '../domain/cost.ts';
import type { TemplateLimits } from '../domain/check-template.ts';
import type { Region } from '../ports/driver.ts';
import type { Engine } from '../ports/engine.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Plays } from '../ports/playbooks.ts';
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

/** Looks at the cloud for the use cases, and what is configured about them. */
export interface DriftWatch {
  /**
   * Looks at one deployment now and records what is found.
   * @throws GroundworkError region_unreachable
   */
  look(region: Region, deploymentId: string): Promise<void>;
  /** Percent of a region's resources that may be missing while anything is healed. */
  maxMissingShare(region: string): number;
  sweepMode(region: string): 'report' | 'delete';
  /** A heal was started: to be counted. */
  healed(heal: { readonly region: string; readonly by: 'policy' | 'order' }): void;
}

export interface RegionTerms {
  readonly prices?: PriceTable;
  /** In the currency of the prices. */
  readonly budgetPerMonth?: number;
}

export interface AppDependencies {
  readonly store: Store;
  readonly engine: Pick<Engine, 'check'>;
  readonly regions: Regions;
  readonly ids: Ids;
  readonly limits: TemplateLimits;
  /** Keys that the configuration names; they live and die with it and are not in the database. */
  readonly configuredKeys: readonly ConfiguredKey[];
  /** The most that a deployment may live in a region, in milliseconds; undefined when it may live for ever. */
  readonly longestTtlMs: (region: string) => number | undefined;
  readonly webhooks: {
    readonly sender: Pick<WebhookSender, 'newSecret'>;
    /** Networks in CIDR notation that webhooks may point to beside public addresses. */
    readonly allowAddresses: readonly string[];
  };
  readonly drift: DriftWatch;
  /** What the configuration says about money in a region. */
  readonly terms?: (region: string) => RegionTerms | undefined;
  readonly plays: Plays;
  readonly log: Logger;
}

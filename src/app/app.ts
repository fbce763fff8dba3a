/**
 * What a user may ask for, as one interface: the seam between the doors and the use cases. A door translates a
 * request into one call and the answer back; it decides nothing. All answers are the published shapes of `contract/`.
 *
 * Every function throws GroundworkError for a refusal (`not_found` for an unknown or malformed id); anything else
 * that it throws is a fault of ours.
 */

import type { ScaleBody, UpdateDeploymentBody } from '../contract/change.ts';
import type {
  CreateDeploymentBody,
  Deployment,
  DeploymentAccepted,
  DeploymentDeleting,
  DeploymentPage,
  DryRun,
  ListDeploymentsQuery,
  RunAccepted,
} from '../contract/deployment.ts';
import type { DeploymentEvent, EventPage } from '../contract/event.ts';
import type { Explanation } from '../contract/explain.ts';
import type { Readiness } from '../contract/health.ts';
import type { CreateOptions } from './create-deployment.ts';
import type { CreatedKey, CreateKeyBody, KeyList, Scope } from '../contract/key.ts';
import type { RegionList } from '../contract/region.ts';
import type { Run, RunList } from '../contract/run.ts';
import type { CreateTemplateBody, Template, TemplateList, UpdateTemplateBody } from '../contract/template.ts';
import type { ChangeAnswer, ChangeOptions } from './plan-for-change.ts';
import type { DriftUseCases } from './drift.ts';
import type { ConfigureAccepted, ConfigureBody } from '../contract/configure.ts';
import type { WebhookUseCases } from './webhooks.ts';

/** Who asks: the API key that was shown. */
export interface Caller {
  readonly keyId: string;
  readonly name: string;
  readonly scope: Scope;
}

export interface App extends WebhookUseCases, DriftUseCases {
  /** @param body null with a plan that was shown */
  createDeployment(
    caller: Caller,
    body: CreateDeploymentBody | null,
    options: CreateOptions,
  ): Promise<DeploymentAccepted>;
  /** The plan of a request, and what is foreseen of it. Makes and reserves nothing. */
  planDeployment(body: CreateDeploymentBody): Promise<DryRun>;
  /** @param at RFC 3339: as it was then; without it, as it is. @throws GroundworkError not_found, also before its creation */
  getDeployment(id: string, at?: string): Promise<Deployment>;
  /** Why it is where it is. */
  explainDeployment(id: string): Promise<Explanation>;
  listDeployments(query: ListDeploymentsQuery): Promise<DeploymentPage>;
  deleteDeployment(caller: Caller, id: string): Promise<DeploymentDeleting>;
  scaleDeployment(caller: Caller, id: string, body: ScaleBody, options: ChangeOptions): Promise<ChangeAnswer>;
  updateDeployment(
    caller: Caller,
    id: string,
    body: UpdateDeploymentBody,
    options: ChangeOptions,
  ): Promise<ChangeAnswer>;
  configureDeployment(caller: Caller, id: string, body: ConfigureBody): Promise<ConfigureAccepted>;
  cancelDeployment(caller: Caller, id: string): Promise<RunAccepted>;
  retryDeployment(caller: Caller, id: string): Promise<RunAccepted>;

  listEvents(id: string, range: { readonly after: number; readonly limit: number }): Promise<EventPage>;
  /**
   * Events with `seq > after`, in order and without gaps, in batches as they come to be.
   * Ends when `signal` aborts and, unless `until` is `aborted`, once all events are given and no run is active.
   */
  followEvents(
    id: string,
    after: number,
    signal: AbortSignal,
    until?: 'idle' | 'aborted',
  ): AsyncIterable<readonly DeploymentEvent[]>;

  listRuns(id: string): Promise<RunList>;
  getRun(id: string, runId: string): Promise<Run>;

  listTemplates(): Promise<TemplateList>;
  /** The given version, or the newest. */
  getTemplate(name: string, version?: number): Promise<Template>;
  createTemplate(caller: Caller, body: CreateTemplateBody): Promise<Template>;
  updateTemplate(caller: Caller, name: string, body: UpdateTemplateBody): Promise<Template>;
  deleteTemplate(caller: Caller, name: string): Promise<void>;

  listRegions(): Promise<RegionList>;

  listKeys(): Promise<KeyList>;
  createKey(body: CreateKeyBody): Promise<CreatedKey>;
  deleteKey(id: string): Promise<void>;

  /** Never throws: what cannot be reached is an answer. */
  readiness(): Promise<Readiness>;
  /** The caller behind a key, or undefined when there is no such key. Called for every request. */
  authenticate(key: string): Promise<Caller | undefined>;
}

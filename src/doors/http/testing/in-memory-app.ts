/**
 * A small implementation of the app over maps, for tests of the door: it keeps what it is told, refuses what is not
 * there, and lets a test move a deployment on by appending events.
 */

import { randomUUID } from 'node:crypto';
import type { App, Caller } from '../../../app/app.ts';
import type { Deployment } from '../../../contract/deployment.ts';
import type { DriftReport } from '../../../contract/drift.ts';
import type { DeploymentEvent } from '../../../contract/event.ts';
import type { Readiness } from '../../../contract/health.ts';
import type { ApiKey, Scope } from '../../../contract/key.ts';
import type { Run } from '../../../contract/run.ts';
import type { Template, UpdateTemplateBody } from '../../../contract/template.ts';
import { GroundworkError } from '../../../domain/errors.ts';
import type { ErrorCode } from '../../../domain/errors.ts';
import { createInMemoryWebhooks } from './in-memory-webhooks.ts';
import { newDeployment, newRun, NOW, plan } from './in-memory-things.ts';

export const KEYS = { read: 'key-read', write: 'key1', admin: 'key-admin' } as const satisfies Record<Scope, string>;

export const EXAMPLE_TEMPLATE = {
  name: 'web-app-stack',
  vm_config: { web: { flavor: 'm1.small', image: 'debian-12', count: 2, subnet: 'web' } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
};

export interface InMemoryApp extends App {
  readonly deployments: Map<string, Deployment>;
  readonly runs: Map<string, Run>;
  readonly apiKeys: Map<string, ApiKey>;
  /** Appends an event; `idle` says that no run is active after it. */
  emit(id: string, type: DeploymentEvent['type'], after?: 'active' | 'idle'): void;
  /** What the next readiness answer says. */
  ready: Readiness['status'];
  /** Makes `getDeployment` throw this instead of answering. */
  fault: Error | undefined;
  /** How many streams are followed right now. */
  followers: number;
}

export function createInMemoryApp(): InMemoryApp {
  const deployments = new Map<string, Deployment>();
  const runs = new Map<string, Run>();
  const apiKeys = new Map<string, ApiKey>();
  const templates = new Map<string, Template[]>();
  const events = new Map<string, DeploymentEvent[]>();
  const idle = new Set<string>();
  const byIdempotencyKey = new Map<string, string>();
  const changed = new EventTarget();

  const app: InMemoryApp = {
    deployments,
    runs,
    apiKeys,
    ready: 'ready',
    fault: undefined,
    followers: 0,
    emit(id, type, after = 'active') {
      const list = events.get(id) ?? [];
      list.push({ seq: list.length + 1, at: NOW, type, run_id: null, key: null, data: {} });
      events.set(id, list);
      if (after === 'idle') idle.add(id);
      changed.dispatchEvent(new Event('change'));
    },
    async createDeployment(_caller, body, { idempotencyKey }) {
      const known = byIdempotencyKey.get(idempotencyKey ?? '');
      if (known !== undefined) return accepted(found(deployments, known));
      if (body === null) throw refusal('not_found', 'There is no such plan.');
      if (!templates.has(body.template)) throw refusal('unknown_template', body.template);
      const deployment = newDeployment(body);
      deployments.set(deployment.id, deployment);
      const run = newRun(deployment.id);
      runs.set(run.id, run);
      if (idempotencyKey !== undefined) byIdempotencyKey.set(idempotencyKey, deployment.id);
      app.emit(deployment.id, 'deployment.accepted');
      return accepted(deployment);
    },
    planDeployment: async (body) => plan(body),
    async getDeployment(id) {
      if (app.fault !== undefined) throw app.fault;
      return found(deployments, id);
    },
    getDrift: async (id) => driftOf(found(deployments, id)),
    acceptDrift: async (_caller, id) => driftOf(found(deployments, id)),
    healDeployment: async (_caller, id) => onRun(id, 'UPDATING'),
    async listOrphans(region) {
      if (region !== 'us-west-1') throw refusal('not_found', `There is no region ${region}.`);
      return { region, sweep: 'report', checked_at: NOW, error: null, brake: null, items: [] };
    },
    async explainDeployment(id) {
      const { name, status } = found(deployments, id);
      const chain = [{ subject: 'deployment', statement: `is ${status}` }];
      return { summary: `nothing blocks ${name}: it is ${status}`, chain, blocking: null, stalled: false, waiting: [] };
    },
    async listDeployments({ status, limit, cursor }) {
      const all = [...deployments.values()].filter((d) => status === undefined || d.status === status);
      const start = Number(cursor ?? 0);
      const next = start + limit < all.length ? String(start + limit) : null;
      return { items: all.slice(start, start + limit), total: all.length, next };
    },
    async deleteDeployment(_caller, id) {
      deployments.set(id, { ...found(deployments, id), status: 'DELETING' });
      return { id, status: 'DELETING' };
    },
    async scaleDeployment(_caller, id, { vm_type, target_count }, { dryRun }) {
      found(deployments, id);
      const told = { vm_type, previous_count: 2, target_count };
      if (dryRun || target_count === 2) return { started: false, answer: { id, operation: 'none', ...told } };
      const run = { run_id: randomUUID(), status: 'SCALING', operation: 'scale_out' } as const;
      return { started: true, answer: { id, ...run, ...told } };
    },
    async updateDeployment(_caller, id) {
      found(deployments, id);
      const run = { run_id: randomUUID(), status: 'UPDATING', operation: 'update' } as const;
      return { started: true, answer: { id, ...run } };
    },
    async configureDeployment(_caller, id) {
      const { run_id } = onRun(id, 'CONFIGURING');
      return { deployment_id: id, status: 'CONFIGURING', run_id };
    },
    cancelDeployment: async (_caller, id) => onRun(id, 'IN_PROGRESS'),
    async retryDeployment(_caller, id) {
      if (found(deployments, id).status !== 'FAILED') throw refusal('not_possible_now', 'Only a failed one.');
      return onRun(id, 'PENDING');
    },
    async listEvents(id, { after, limit }) {
      found(deployments, id);
      const later = (events.get(id) ?? []).filter(({ seq }) => seq > after);
      const items = later.slice(0, limit);
      return { items, next_after: items.at(-1)?.seq ?? after, end: idle.has(id) && items.length === later.length };
    },
    async *followEvents(id, after, signal, until = 'idle') {
      app.followers += 1;
      try {
        for (let next = after; ;) {
          const change = new Promise((resolve) => {
            changed.addEventListener('change', resolve, { once: true });
            signal.addEventListener('abort', resolve, { once: true });
          });
          const page = await app.listEvents(id, { after: next, limit: 100 });
          if (signal.aborted) return;
          if (page.items.length > 0) yield page.items;
          next = page.next_after;
          if (page.end && until === 'idle') return;
          if (page.items.length === 0) await change;
        }
      } finally {
        app.followers -= 1;
      }
    },
    async listRuns(id) {
      found(deployments, id);
      return { items: [...runs.values()].filter((run) => run.deployment_id === id) };
    },
    async getRun(id, runId) {
      found(deployments, id);
      return found(runs, runId);
    },
    async listTemplates() {
      const newest = [...templates.values()].map((versions) => versions.at(-1)!);
      return { items: newest.map((t) => ({ ...t, tiers: Object.keys(t.vm_config) })) };
    },
    async getTemplate(name, version) {
      const versions = templates.get(name) ?? [];
      const template = version === undefined ? versions.at(-1) : versions[version - 1];
      if (!template) throw refusal('not_found', `There is no template ${name}.`);
      return template;
    },
    async createTemplate(_caller, { name, ...body }) {
      if (templates.has(name)) throw refusal('template_exists', name);
      return addVersion(name, body);
    },
    async updateTemplate(_caller, name, body) {
      await app.getTemplate(name);
      return addVersion(name, body);
    },
    async deleteTemplate(_caller, name) {
      if (!templates.delete(name)) throw refusal('not_found', `There is no template ${name}.`);
    },
    listRegions: async () => ({
      items: [
        {
          name: 'us-west-1',
          provider: 'openstack',
          reachable: true,
          latency_ms: 1.5,
          detail: { nova: '2.96' },
          error: null,
          checked_at: NOW,
        },
      ],
    }),
    listKeys: async () => ({ items: [...apiKeys.values()] }),
    async createKey({ name, scope }) {
      const key = { id: randomUUID(), name, scope, created_at: NOW };
      apiKeys.set(key.id, key);
      return { ...key, key: `gw_${key.id}` };
    },
    async deleteKey(id) {
      found(apiKeys, id);
      apiKeys.delete(id);
    },
    ...createInMemoryWebhooks(),
    readiness: async () => ({
      status: app.ready,
      checks: {
        database: { ok: app.ready === 'ready', detail: 'select 1' },
        engine: { ok: true, detail: 'runs' },
        regions: { 'us-west-1': { ok: true, detail: 'reachable' } },
      },
    }),
    authenticate: async (key) => CALLERS.get(key),
  };

  function addVersion(name: string, body: UpdateTemplateBody): Template {
    const versions = templates.get(name) ?? [];
    const template = {
      name,
      version: versions.length + 1,
      description: body.description ?? null,
      vm_config: body.vm_config as unknown as Template['vm_config'], // plain JSON, written differently
      network_config: body.network_config as unknown as Template['network_config'],
      parameters: body.parameters ?? null,
      created_at: NOW,
    };
    templates.set(name, [...versions, template]);
    return template;
  }

  function onRun(id: string, status: Deployment['status']) {
    const deployment = found(deployments, id);
    const run = [...runs.values()].find((each) => each.deployment_id === deployment.id)!;
    return { id, run_id: run.id, status };
  }

  addVersion(EXAMPLE_TEMPLATE.name, EXAMPLE_TEMPLATE);
  return app;
}

const CALLERS: ReadonlyMap<string, Caller> = new Map(
  (['read', 'write', 'admin'] as const).map((scope) => [KEYS[scope], { keyId: `id-${scope}`, name: scope, scope }]),
);

function found<T>(things: ReadonlyMap<string, T>, id: string): T {
  const thing = things.get(id);
  if (!thing) throw refusal('not_found', `There is nothing with the id ${id}.`);
  return thing;
}

function driftOf({ id }: Deployment): DriftReport {
  const difference = { field: 'id', wanted: 'net-1', actual: null, fix: 'replace' } as const;
  const seen = { first_seen: NOW, last_seen: NOW };
  const finding = { key: 'network', kind: 'openstack.network', type: 'missing', provider_id: 'net-1' } as const;
  const findings = [{ ...finding, differences: [difference], accepted: false, ...seen }];
  return { deployment_id: id, policy: 'alert', drifted: true, checked_at: NOW, findings };
}

function refusal(code: ErrorCode, detail: string): GroundworkError {
  return new GroundworkError(code, detail);
}

function accepted({ id, name, created_at }: Deployment) {
  return { id, name, status: 'PENDING' as const, created_at };
}

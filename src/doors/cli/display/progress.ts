/**
 * What is known of a run while it is watched. Events say what happened; the run itself, once it could be asked for,
 * says what is still to come and how long each part should take. Displays only read this.
 */

import type { DeploymentEvent } from '../../../contract/event.ts';
import type { Run, RunNode } from '../../../contract/run.ts';
import { deedOf } from './resource-words.ts';
import type { Deed } from './resource-words.ts';

export interface NodeProgress {
  readonly key: string;
  readonly kind: string;
  does: Deed;
  readonly phase: RunNode['phase'];
  state: RunNode['state'];
  /** The cloud's own words, or why the node was skipped or failed. */
  detail: string | undefined;
  attempt: number;
  /** Milliseconds since the epoch, by the server's clock. */
  startedAt: number | undefined;
  finishedAt: number | undefined;
  estimateMs: number;
  dependsOn: readonly string[];
}

export interface RunProgress {
  readonly runId: string;
  kind: string;
  phase: RunNode['phase'];
  /** The run's last status, once it is finished. */
  status: string | undefined;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  /** Nodes of each phase as the events announce it; the run itself may tell of more. */
  readonly announced: Partial<Record<RunNode['phase'], number>>;
  /** Why the rollback began: `failed` or `cancelled`. */
  rollbackReason: string | undefined;
  cancelRequested: boolean;
  /** By phase and key, in the order in which they became known. */
  readonly nodes: Map<string, NodeProgress>;
}

export function startProgress(runId: string): RunProgress {
  return {
    runId,
    kind: 'deploy',
    phase: 'forward',
    status: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    announced: {},
    rollbackReason: undefined,
    cancelRequested: false,
    nodes: new Map(),
  };
}

/** Takes over what only the run itself tells; states come from events alone, so that none is told twice. */
export function learnRun(progress: RunProgress, run: Pick<Run, 'kind' | 'nodes'>): void {
  progress.kind = run.kind;
  for (const node of run.nodes) {
    const known = nodeIn(progress, node.phase, node.key) ?? addNode(progress, node);
    known.does = node.does;
    known.estimateMs = node.estimate_ms;
    known.dependsOn = node.depends_on;
  }
}

/** Takes one event in. @returns the node that it was about, if any */
export function applyEvent(progress: RunProgress, event: DeploymentEvent): NodeProgress | undefined {
  if (event.type.startsWith('node.')) return applyNodeEvent(progress, event);
  applyRunEvent(progress, event);
  return undefined;
}

function applyRunEvent(progress: RunProgress, event: DeploymentEvent): void {
  const total = numberOf(event, 'total') ?? 0;
  switch (event.type) {
    case 'run.accepted':
      progress.kind = textOf(event, 'kind', progress.kind);
      return;
    case 'run.started':
      progress.kind = textOf(event, 'kind', progress.kind);
      progress.startedAt = Date.parse(event.at);
      progress.announced.forward = total;
      return;
    case 'run.cancel_requested':
      progress.cancelRequested = true;
      return;
    case 'run.rollback':
      progress.phase = 'rollback';
      progress.announced.rollback = total;
      progress.rollbackReason = textOf(event, 'reason', 'failed');
      return;
    case 'run.finished':
      progress.status = textOf(event, 'status', 'finished');
      progress.finishedAt = Date.parse(event.at);
      return;
    default:
    // `run.accepted` tells nothing that `run.started` does not; the deployment's own events are not about the run.
  }
}

const STATE_OF: Readonly<Record<string, RunNode['state']>> = {
  'node.started': 'running',
  'node.waiting': 'waiting',
  'node.retrying': 'retrying',
  'node.done': 'done',
  'node.failed': 'failed',
  'node.skipped': 'skipped',
};

function applyNodeEvent(progress: RunProgress, event: DeploymentEvent): NodeProgress | undefined {
  const at = Date.parse(event.at);
  const state = STATE_OF[event.type];
  if (event.key === null || state === undefined) return undefined;
  const phase = textOf(event, 'phase', '') === 'rollback' ? 'rollback' : 'forward';
  const node = nodeIn(progress, phase, event.key) ?? addNode(progress, nodeFromEvent(event, event.key, phase));
  node.state = state;
  node.detail = textOf(event, 'detail', undefined);
  node.attempt = numberOf(event, 'attempt') ?? node.attempt;
  if (state !== 'skipped') node.startedAt ??= at;
  if (isOver(node)) node.finishedAt = at;
  return node;
}

function nodeFromEvent(event: DeploymentEvent, key: string, phase: RunNode['phase']) {
  const does = deedOf(event.data['action'], phase === 'rollback' ? 'absent' : 'present');
  return { key, phase, kind: textOf(event, 'kind', key.split('/')[0] ?? key), does } as const;
}

function addNode(progress: RunProgress, node: Pick<RunNode, 'key' | 'phase' | 'kind' | 'does'>): NodeProgress {
  const { key, phase, kind, does } = node;
  const added: NodeProgress = {
    ...{ key, phase, kind, does, state: 'pending', detail: undefined, attempt: 1 },
    ...{ startedAt: undefined, finishedAt: undefined, estimateMs: 0, dependsOn: [] },
  };
  progress.nodes.set(`${phase}:${key}`, added);
  return added;
}

function nodeIn(progress: RunProgress, phase: RunNode['phase'], key: string): NodeProgress | undefined {
  return progress.nodes.get(`${phase}:${key}`);
}

export function isOver(node: Pick<NodeProgress, 'state'>): boolean {
  return node.state === 'done' || node.state === 'failed' || node.state === 'skipped';
}

/** Nodes of the phase that the run is in, or of the one asked for. */
export function nodesOf(progress: RunProgress, phase: RunNode['phase'] = progress.phase): NodeProgress[] {
  return [...progress.nodes.values()].filter((node) => node.phase === phase);
}

/** Nodes done and nodes in all, of the phase that the run is in. */
export function tallyOf(progress: RunProgress): { done: number; total: number } {
  const nodes = nodesOf(progress);
  const done = nodes.filter((node) => node.state === 'done').length;
  return { done, total: Math.max(nodes.length, progress.announced[progress.phase] ?? 0) };
}

/**
 * Expected milliseconds until the phase is over: the longest chain of what is left. Undefined while nothing is known.
 * What takes longer than expected counts with a tenth of its estimate, because it is not over yet.
 */
export function etaMs(progress: RunProgress, now: number): number | undefined {
  const nodes = nodesOf(progress);
  if (nodes.every((node) => node.estimateMs === 0)) return undefined;
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const ends = new Map<string, number>();
  const endOf = (node: NodeProgress): number => {
    const known = ends.get(node.key);
    if (known !== undefined) return known;
    ends.set(node.key, 0); // a plan has no cycles; should one turn up, it must not hang the display
    const before = node.dependsOn.map((key) => byKey.get(key)).filter((found) => found !== undefined);
    const end = Math.max(0, ...before.map(endOf)) + remainingMs(node, now);
    ends.set(node.key, end);
    return end;
  };
  return Math.max(0, ...nodes.map(endOf));
}

function remainingMs(node: NodeProgress, now: number): number {
  if (isOver(node)) return 0;
  if (node.startedAt === undefined) return node.estimateMs;
  return Math.max(node.estimateMs / 10, node.estimateMs - (now - node.startedAt));
}

function textOf<T>(event: DeploymentEvent, name: string, otherwise: T): string | T {
  const value = event.data[name];
  return typeof value === 'string' ? value : otherwise;
}

function numberOf(event: DeploymentEvent, name: string): number | undefined {
  const value = event.data[name];
  return typeof value === 'number' ? value : undefined;
}

/**
 * Runs on the wire: the durable execution of one plan, with the state of every node.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { NODE_STATES, RUN_KINDS, RUN_PHASES, RUN_STATUSES } from '../domain/deployment.ts';
import { NODE_ACTIONS } from '../domain/plan.ts';
import { DeploymentError, PlanNode } from './deployment.ts';
import { count, jsonObject, list, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

export const NodeError = shape(
  'NodeError',
  {
    type: Type.String(),
    message: Type.String(),
    remedy: Type.Optional(Type.String()),
    request_id: Type.Optional(Type.String({ description: "The cloud's own request id." })),
  },
  { description: 'Why a node failed.' },
);
export type NodeError = Static<typeof NodeError>;

export const RunNode = shape(
  'RunNode',
  {
    key: Type.String({ description: 'Resource key, for example `server/web/2`.' }),
    kind: Type.String({ description: 'Driver kind, for example `openstack.server`.' }),
    action: oneOf(NODE_ACTIONS),
    does: PlanNode.properties.does,
    phase: oneOf(RUN_PHASES),
    state: oneOf(NODE_STATES),
    depends_on: list(Type.String()),
    estimate_ms: count(),
    estimate_from: oneOf(['history', 'default']),
    attempt: count(),
    detail: nullable(Type.String()),
    provider_id: nullable(Type.String()),
    started_at: nullable(timestamp()),
    finished_at: nullable(timestamp()),
    error: nullable(NodeError),
  },
  { description: 'One node of a run.' },
);
export type RunNode = Static<typeof RunNode>;

const summaryProperties = {
  id: uuid(),
  deployment_id: uuid(),
  kind: oneOf(RUN_KINDS),
  status: oneOf(RUN_STATUSES),
  phase: oneOf(RUN_PHASES),
  done: count(),
  total: count(),
  failed: count(),
  created_at: timestamp(),
  started_at: nullable(timestamp()),
  finished_at: nullable(timestamp()),
  error: nullable(DeploymentError),
  result: nullable(jsonObject({ description: 'What came out of it, for a run that is more than its plan.' })),
};

export const RunSummary = shape('RunSummary', summaryProperties, { description: 'A run as lists show it.' });
export type RunSummary = Static<typeof RunSummary>;

export const Run = shape(
  'Run',
  { ...summaryProperties, estimated_ms: count(), nodes: list(RunNode) },
  { description: 'A run with every node of its plan.' },
);
export type Run = Static<typeof Run>;

export const RunList = shape('RunList', { items: list(RunSummary) }, { description: 'Runs, newest first.' });
export type RunList = Static<typeof RunList>;

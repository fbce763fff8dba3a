/**
 * An explanation on the wire: why a deployment is where it is.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { NODE_ACTIONS } from '../domain/plan.ts';
import { count, list, nullable, oneOf, shape, timestamp } from './shape.ts';

export const Link = shape(
  'Link',
  {
    subject: Type.String({
      description: '`deployment`, `run`, `worker`, `cloud`, `region`, or the key of a resource.',
    }),
    statement: Type.String(),
  },
  { description: 'One link of a causal chain.' },
);

export const Blocking = shape(
  'Blocking',
  {
    key: nullable(Type.String({ description: 'Key of the resource; null when it is no resource that blocks.' })),
    kind: nullable(Type.String()),
    action: nullable(oneOf(NODE_ACTIONS)),
    since: timestamp(),
    waited_ms: count(),
    usual_p90_ms: nullable(count({ description: 'What nine of ten of its kind take at most; null without history.' })),
    observation: nullable(Type.String({ description: 'What was last seen of it in the cloud.' })),
    cloud_words: nullable(Type.String({ description: "The cloud's own words." })),
    request_id: nullable(Type.String({ description: "The cloud's own request id, for its operators." })),
    attempt: count(),
    next_retry_at: nullable(timestamp()),
    remedy: Type.String({ description: 'What a person can do.' }),
  },
  { description: 'The one fact that blocks.' },
);

export const Explanation = shape(
  'Explanation',
  {
    summary: Type.String({ description: 'One sentence.' }),
    chain: list(Link, { description: 'From the deployment to the fact that blocks it.' }),
    blocking: nullable(Blocking),
    stalled: Type.Boolean({ description: 'It takes longer than 99 of 100 of its kind did.' }),
    waiting: list(Type.Object({ kind: Type.String(), count: count() }, { additionalProperties: false }), {
      description: 'What waits behind it, counted by kind.',
    }),
  },
  { description: 'Why a deployment is where it is, and what a person can do.' },
);
export type Explanation = Static<typeof Explanation>;

/**
 * Events on the wire. The static type is called `DeploymentEvent` because `Event` is a global of the platform.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { EVENT_TYPES } from '../domain/event.ts';
import { count, jsonObject, list, nullable, oneOf, shape, timestamp } from './shape.ts';

export const DeploymentEvent = shape(
  'DeploymentEvent',
  {
    seq: Type.Integer({ minimum: 1, description: 'Counts from 1 within the deployment, without gaps.' }),
    at: timestamp(),
    type: oneOf(EVENT_TYPES),
    run_id: nullable(Type.String({ format: 'uuid' })),
    key: nullable(Type.String({ description: 'Resource key, for `node.*` and `sweep.*`.' })),
    data: jsonObject(),
  },
  { description: 'One thing that happened to a deployment.' },
);
export type DeploymentEvent = Static<typeof DeploymentEvent>;

export const EventPage = shape(
  'EventPage',
  {
    items: list(DeploymentEvent),
    next_after: count({ description: 'Value of `after` for the next request.' }),
    end: Type.Boolean({ description: 'True when all events are listed and no run is active.' }),
  },
  { description: 'Events in order.' },
);
export type EventPage = Static<typeof EventPage>;

export const ListEventsQuery = Type.Object(
  {
    after: Type.Integer({ minimum: 0, maximum: 2147483647, default: 0, description: 'Events with a higher `seq`.' }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 1000 }),
    follow: Type.Boolean({ default: false, description: 'Keep an event stream open after the last run ended.' }),
  },
  { additionalProperties: false },
);
export type ListEventsQuery = Static<typeof ListEventsQuery>;

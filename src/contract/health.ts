/**
 * Health on the wire: `live` says that the process answers, `ready` says that it can do its work.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { mapOf, oneOf, shape } from './shape.ts';

export const Liveness = shape(
  'Liveness',
  { status: oneOf(['ok']), version: Type.String() },
  { description: 'The process answers.' },
);
export type Liveness = Static<typeof Liveness>;

export const ReadinessCheck = shape(
  'ReadinessCheck',
  { ok: Type.Boolean(), detail: Type.String() },
  { description: 'One thing that the server needs.' },
);
export type ReadinessCheck = Static<typeof ReadinessCheck>;

export const Readiness = shape(
  'Readiness',
  {
    status: oneOf(['ready', 'not_ready']),
    checks: Type.Object(
      { database: ReadinessCheck, engine: ReadinessCheck, regions: mapOf(ReadinessCheck) },
      { additionalProperties: false },
    ),
  },
  { description: 'Whether the server can do its work, and what is missing.' },
);
export type Readiness = Static<typeof Readiness>;

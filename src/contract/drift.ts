/**
 * Drift and orphans on the wire: where the cloud is not as the ledger says, and what in it belongs to nobody.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { DRIFT_POLICIES } from '../domain/deployment.ts';
import { FINDING_TYPES } from '../domain/drift.ts';
import { ORPHAN_VERDICTS } from '../domain/orphans.ts';
import { anyJson, list, nullable, oneOf, shape, timestamp, uuid } from './shape.ts';

export const DriftDifference = shape(
  'DriftDifference',
  {
    field: Type.String({ description: 'For example `flavor`, `status`, `metadata.role`; `id` for the object itself.' }),
    wanted: anyJson({ description: 'What should be; null when it should not be there.' }),
    actual: anyJson({ description: 'What is; null when it is not there.' }),
    fix: oneOf(['update', 'replace'], { description: 'A call on the living object, or another in its place.' }),
  },
  { description: 'One field that differs.' },
);
export type DriftDifference = Static<typeof DriftDifference>;

export const DriftFinding = shape(
  'DriftFinding',
  {
    key: Type.String({ description: 'Resource key, for example `server/web/2`.' }),
    kind: Type.String(),
    type: oneOf(FINDING_TYPES, { description: 'The worst of its differences.' }),
    provider_id: nullable(Type.String()),
    differences: list(DriftDifference),
    accepted: Type.Boolean({ description: 'All its differences were accepted: not reported and not healed.' }),
    first_seen: timestamp({ description: 'Since when it has been of this type.' }),
    last_seen: timestamp(),
  },
  { description: 'A resource that is not as the ledger says.' },
);
export type DriftFinding = Static<typeof DriftFinding>;

export const DriftReport = shape(
  'DriftReport',
  {
    deployment_id: uuid(),
    policy: oneOf(DRIFT_POLICIES),
    drifted: Type.Boolean({ description: 'There is a finding that was not accepted.' }),
    checked_at: nullable(
      timestamp({ description: 'Of the last look since the last run; null: none yet. See `refresh`.' }),
    ),
    findings: list(DriftFinding),
  },
  { description: 'What the last look found.' },
);
export type DriftReport = Static<typeof DriftReport>;

export const AcceptDriftBody = shape(
  'AcceptDriftBody',
  {
    keys: Type.Optional(
      list(Type.String({ minLength: 1, maxLength: 255 }), {
        minItems: 1,
        maxItems: 10_000,
        description: 'Resource keys; without it everything that differs now is accepted.',
      }),
    ),
  },
  { description: 'What may stay as it is.', examples: [{ keys: ['server/web/2'] }] },
);
export type AcceptDriftBody = Static<typeof AcceptDriftBody>;

export const NothingToHeal = shape(
  'NothingToHeal',
  { id: uuid({ description: 'Id of the deployment.' }), operation: oneOf(['none']) },
  { description: 'Nothing differs that was not accepted.' },
);
export type NothingToHeal = Static<typeof NothingToHeal>;

export const Orphan = shape(
  'Orphan',
  {
    kind: Type.String(),
    provider_id: Type.String(),
    owner: Type.String({ description: 'As its mark says.' }),
    key: Type.String(),
    verdict: oneOf(ORPHAN_VERDICTS, {
      description:
        '`orphan`: may be deleted. `foreign`: its owner is not of this database. `young`, `busy`: not sure yet.',
    }),
    created_at: timestamp({ description: "By the cloud's clock." }),
    first_seen: timestamp(),
    last_seen: timestamp(),
    removed_at: nullable(timestamp()),
    detail: nullable(Type.String({ description: 'Why it could not be removed.' })),
  },
  { description: 'An object with our mark that nothing in the ledger stands for.' },
);
export type Orphan = Static<typeof Orphan>;

export const OrphanReport = shape(
  'OrphanReport',
  {
    region: Type.String(),
    sweep: oneOf(['report', 'delete']),
    checked_at: nullable(timestamp({ description: 'Of the last look that saw everything.' })),
    error: nullable(Type.String({ description: 'Why the last look did not see everything.' })),
    brake: nullable(Type.String({ description: 'Why the last sweep did not begin.' })),
    items: list(Orphan, { description: 'Newest first; the removed ones too.' }),
  },
  { description: 'What a region holds that belongs to nobody.' },
);
export type OrphanReport = Static<typeof OrphanReport>;

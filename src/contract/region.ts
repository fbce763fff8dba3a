/**
 * Regions on the wire: where deployments can live, and what the last look at each found.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { jsonObject, list, nullable, shape, timestamp } from './shape.ts';

export const Region = shape(
  'Region',
  {
    name: Type.String(),
    provider: Type.String({ description: 'For example `openstack`.' }),
    reachable: nullable(Type.Boolean({ description: 'null: not looked at yet.' })),
    latency_ms: nullable(Type.Number({ minimum: 0 })),
    detail: jsonObject({ description: 'What the provider tells of itself, for example microversions.' }),
    error: nullable(Type.String()),
    checked_at: nullable(timestamp()),
  },
  { description: 'A region and its reachability.' },
);
export type Region = Static<typeof Region>;

export const RegionList = shape('RegionList', { items: list(Region) }, { description: 'By name.' });
export type RegionList = Static<typeof RegionList>;

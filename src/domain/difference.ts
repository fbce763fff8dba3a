/**
 * A difference between what is wanted and what stands, field by field. Plans of changes, drift and healing all speak of
 * differences in this form.
 */

import type { Json } from './json.ts';

export interface Difference {
  /** Field of the wanted state, or of what the driver reads: `flavor`, `metadata.role`, `status`. */
  readonly field: string;
  /** What should be; null when the field should not be there. */
  readonly wanted: Json;
  /** What is; null when it is not there. */
  readonly actual: Json;
  /** What it takes: a call on the living object, or another object in its place. */
  readonly fix: 'update' | 'replace';
}

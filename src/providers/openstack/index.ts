/** The OpenStack provider: what the rest of the house may use of it. */

export type { CloudConfig } from './cloud-config.ts';
export { CloudConfigInvalid } from './cloud-config.ts';
export { readCloud } from './clouds-yaml.ts';
export { createOpenStackRegion } from './region.ts';

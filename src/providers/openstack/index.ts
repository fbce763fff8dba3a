/** The OpenStack provider: what the rest of the house may use of it. */

export type { CloudConfig, ConfigFault } from './cloud-config.ts';
export { CloudConfigInvalid } from './cloud-config.ts';
export type { CloudSource } from './clouds-yaml.ts';
export { readCloud } from './clouds-yaml.ts';
export type { RegionLimits, RegionOptions } from './region.ts';
export { createOpenStackRegion, DEFAULT_LIMITS } from './region.ts';

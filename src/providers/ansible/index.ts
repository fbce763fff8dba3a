/** The Ansible provider: playbooks on disk, and playing them. */

export { createPlaybookActor, type PlaybookActor } from './playbook-actor.ts';
export { createVariableSealer } from './sealed-variables.ts';
export { createPlaybooks } from './playbooks.ts';
export type { RegionPlaySettings } from './settings.ts';

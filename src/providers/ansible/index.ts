/** The Ansible provider: playbooks on disk, and playing them. */

export { createPlaybookActor, PLAYBOOK_KIND, type PlaybookActor } from './playbook-actor.ts';
export { createVariableSealer } from './sealed-variables.ts';
export { createPlaybooks } from './playbooks.ts';
export type { PlayHost, PlaySettings, RegionPlaySettings } from './settings.ts';

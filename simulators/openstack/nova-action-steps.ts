/** The second halves of server actions: what has happened once the compute host is through. */
import type { Cloud } from './cloud.ts';
import { storeServer } from './nova-server-find.ts';
import type { ServerRow } from './rows.ts';

type Change = (server: ServerRow) => void;

const changes = {
  reboot: (server) => Object.assign(server, { vm_state: 'active', power_state: 1 }),
  start: (server) => Object.assign(server, { vm_state: 'active', power_state: 1 }),
  stop: (server) => Object.assign(server, { vm_state: 'stopped', power_state: 4 }),
  resize: (server) => Object.assign(server, { vm_state: 'resized' }),
  confirm: (server) =>
    Object.assign(server, { vm_state: server.power_state === 4 ? 'stopped' : 'active', old_flavor: null }),
  revert: (server) =>
    Object.assign(server, {
      vm_state: server.power_state === 4 ? 'stopped' : 'active',
      flavor: server.old_flavor ?? server.flavor,
      old_flavor: null,
    }),
} satisfies Record<string, Change>;

/** Each ends its task. */
export const actionSteps = Object.fromEntries(
  Object.entries(changes).map(([step, change]) => [
    step,
    (cloud: Cloud, server: ServerRow): void => {
      change(server);
      server.task_state = null;
      storeServer(cloud, server);
    },
  ]),
) as Record<keyof typeof changes, (cloud: Cloud, server: ServerRow) => void>;

/**
 * The inventory of a play as the file that Ansible reads: YAML, of which JSON is a part. Accounts, keys and the checking of
 * host keys are set here, for every host, so that they hold whatever a playbook says about `remote_user`.
 *
 * Host keys are remembered in a file of the deployment. With `accept-new` they are remembered by the server's id and not by
 * its address: a server that took another one's address is a new server, and the same server with another key is refused.
 * With `strict` they are looked up by address, because that is what a signed host key names.
 */

import type { JsonObject } from '../../domain/json.ts';
import type { PlayInventory, PlayInventoryHost } from '../../domain/play-inventory.ts';
import type { RegionPlaySettings } from './settings.ts';

export interface InventoryContext {
  readonly deployment: string;
  readonly region: RegionPlaySettings;
  /** File of the host keys of this deployment. */
  readonly knownHosts: string;
}

export function inventoryFile({ hosts, groups }: PlayInventory, context: InventoryContext): string {
  const all = {
    hosts: Object.fromEntries(hosts.map((host) => [host.name, hostVariables(host, context)])),
    vars: connectionVariables(context.region),
    children: Object.fromEntries(
      Object.entries(groups).map(([group, members]) => [
        group,
        { hosts: Object.fromEntries(members.map((name) => [name, {}])) },
      ]),
    ),
  };
  return `${JSON.stringify({ all }, null, 2)}\n`;
}

function hostVariables(host: PlayInventoryHost, context: InventoryContext): JsonObject {
  return {
    ansible_host: host.address,
    ansible_ssh_common_args: sshArguments(host, context),
    groundwork_deployment: context.deployment,
    ...(host.tier === null ? {} : { groundwork_tier: host.tier }),
    ...(host.ordinal === null ? {} : { groundwork_ordinal: host.ordinal }),
  };
}

function connectionVariables({ user, privateKeyFile }: RegionPlaySettings): JsonObject {
  return {
    ansible_connection: 'ssh',
    ...(user === undefined ? {} : { ansible_user: user }),
    ...(privateKeyFile === undefined ? {} : { ansible_ssh_private_key_file: privateKeyFile }),
  };
}

/** https://man.openbsd.org/ssh_config */
function sshArguments(host: PlayInventoryHost, { region, knownHosts }: InventoryContext): string {
  const isStrict = region.hostKeyPolicy === 'strict';
  const options = [
    ['UserKnownHostsFile', inQuotes(knownHosts)],
    ['GlobalKnownHostsFile', region.knownHostsFile === undefined ? 'none' : inQuotes(region.knownHostsFile)],
    ['StrictHostKeyChecking', isStrict ? 'yes' : 'accept-new'],
    ['UpdateHostKeys', 'no'],
    ['BatchMode', 'yes'],
    ['IdentityAgent', 'none'],
    ...(region.privateKeyFile === undefined ? [] : [['IdentitiesOnly', 'yes']]),
    ...(host.server === null || isStrict ? [] : [['HostKeyAlias', host.server]]),
  ];
  const own = options.map(([name, value]) => `-o '${name}=${value}'`).join(' ');
  // Configuration files of the account and of the machine are left out: a play is the same on every server.
  return `-F none ${own}${region.sshArgs === undefined ? '' : ` ${region.sshArgs}`}`;
}

/** For ssh, which splits such a value at blanks; the single quotes around all of it are for Ansible, which splits like a shell. */
function inQuotes(path: string): string {
  return `"${path}"`;
}

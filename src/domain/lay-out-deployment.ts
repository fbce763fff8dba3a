/**
 * From a configuration to the resources that it means: one network, its subnets, a router with an interface on each, and the
 * servers of all tiers. What is there already keeps its place: a server its ordinal and its address, so that laying out the
 * same configuration again gives the same resources.
 *
 * Two choices are made for the cloud's sake. The router does not wait for the network, and interfaces stand before servers:
 * an interface that is asked for beside twenty servers is ready after them, although it takes half a second alone. Every
 * server gets its address from us: one call places it on its tier's subnet, and the cloud itself refuses a second server
 * with the same address, should a lost request land late.
 */

import type { JsonObject } from './json.ts';
import { freeAddresses } from './network-layout.ts';
import { outputOf, type Resource } from './resource.ts';
import type { TemplateBody, TierTemplate } from './template.ts';
import { subnetOfTier } from './tier-subnet.ts';
import { membersOf } from './tier-members.ts';

/** A resource as it should be. */
export interface WantedResource {
  readonly key: string;
  /** Second part of the driver kind, for example `server`. */
  readonly noun: string;
  /** May hold references to outputs of what it stands on. */
  readonly wanted: JsonObject;
  /** Keys of what it stands on. */
  readonly builtUpon: readonly string[];
  /** Only for servers. */
  readonly tier?: string;
}

/** @param ledger the living resources of the deployment; empty for a new one */
export function layOutDeployment(
  deployment: { readonly id: string; readonly name: string },
  config: TemplateBody,
  ledger: readonly Resource[],
): WantedResource[] {
  return [...networkPart(deployment.name, config), ...serverPart(deployment, config, ledger)];
}

function networkPart(name: string, { network_config: config }: TemplateBody): WantedResource[] {
  const subnets = Object.entries(config.subnets);
  const network = { key: 'network', noun: 'network', wanted: { name: `${name}-network` }, builtUpon: [] };
  const subnetParts = subnets.map(([subnet, cidr]) => ({
    key: `subnet/${subnet}`,
    noun: 'subnet',
    wanted: {
      name: `${name}-${subnet}`,
      network_id: outputOf('network', 'id'),
      cidr,
      dns_nameservers: [...(config.dns ?? [])],
    },
    builtUpon: ['network'],
  }));
  if (!config.router) return [network, ...subnetParts];
  const { external_network } = config.router;
  const wanted = { name: `${name}-router`, external_network: external_network ?? null };
  const router = { key: 'router', noun: 'router', wanted, builtUpon: [] };
  const interfaces = subnets.map(([subnet]) => ({
    key: `interface/${subnet}`,
    noun: 'router-interface',
    wanted: { router_id: outputOf('router', 'id'), subnet_id: outputOf(`subnet/${subnet}`, 'id') },
    builtUpon: ['router', `subnet/${subnet}`],
  }));
  return [router, network, ...subnetParts, ...interfaces];
}

function serverPart(
  deployment: { readonly id: string; readonly name: string },
  config: TemplateBody,
  ledger: readonly Resource[],
): WantedResource[] {
  const addressesOn = freeAddresses(ledger.flatMap(({ wanted }) => addressIn(wanted) ?? []));
  return Object.entries(config.vm_config).flatMap(([tier, template]) => {
    const subnet = subnetOfTier(tier, template, config.network_config);
    const cidr = config.network_config.subnets[subnet ?? ''];
    if (subnet === undefined || cidr === undefined)
      throw new Error(`tier ${tier} has no subnet; the template was not validated`);
    return membersOf(tier, template.count, ledger).map(({ key, ordinal, standing }) => {
      const kept = standing && addressIn(standing.wanted);
      const wanted = {
        ...serverWanted(template, `${deployment.name}-${tier}-${ordinal}`),
        network_id: outputOf('network', 'id'),
        fixed_ip: addressesOn(cidr, kept),
        metadata: { ...template.metadata, deployment_id: deployment.id, groundwork_tier: tier },
      };
      return { key, noun: 'server', wanted, builtUpon: [`subnet/${subnet}`], tier };
    });
  });
}

function addressIn({ fixed_ip }: JsonObject): string | undefined {
  return typeof fixed_ip === 'string' ? fixed_ip : undefined;
}

function serverWanted(template: TierTemplate, name: string): JsonObject {
  const { flavor, image, key_name, security_groups, user_data } = template;
  return {
    name,
    flavor,
    image,
    ...(key_name === undefined ? {} : { key_name }),
    ...(security_groups === undefined ? {} : { security_groups: [...security_groups] }),
    ...(user_data === undefined ? {} : { user_data }),
  };
}

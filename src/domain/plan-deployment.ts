/**
 * The plan of a deployment: network → subnets → interfaces of the router → servers of all tiers, each as early as what it
 * stands on allows.
 *
 * Two choices are made for the cloud's sake. The router does not wait for the network, and interfaces stand before servers
 * in the plan: an interface that is asked for beside twenty servers is ready after them, although it takes half a second
 * alone. Every server gets its address from the plan: one call places it on its tier's subnet, and the cloud itself refuses
 * a second server with the same address, should a lost request land late.
 */

import { type Durations, estimateFor } from './estimate.ts';
import type { JsonObject } from './json.ts';
import { addressOf } from './network-layout.ts';
import { type FailurePolicy, type Plan, type PlanNode, inDependencyOrder } from './plan.ts';
import { outputOf } from './resource.ts';
import type { TemplateBody, TierTemplate } from './template.ts';
import { subnetOfTier } from './tier-subnet.ts';

export interface DeploymentToPlan {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** Provider of the region: the first part of every kind. */
  readonly provider: string;
  readonly failurePolicy: FailurePolicy;
}

/** @param config a template with all parameters merged in and found valid */
export function planDeployment(deployment: DeploymentToPlan, config: TemplateBody, durations: Durations): Plan {
  const node = (noun: string, key: string, wanted: JsonObject, dependsOn: readonly string[]): PlanNode => {
    const kind = `${deployment.provider}.${noun}`;
    const { region } = deployment;
    return {
      key,
      action: 'present',
      kind,
      region,
      wanted,
      dependsOn,
      ...estimateFor(durations, { region, kind, action: 'present' }),
    };
  };
  const nodes = [...networkNodes(deployment, config, node), ...serverNodes(deployment, config, node)];
  return { nodes: inDependencyOrder(nodes), failurePolicy: deployment.failurePolicy };
}

type MakeNode = (noun: string, key: string, wanted: JsonObject, dependsOn: readonly string[]) => PlanNode;

function networkNodes(
  { name }: DeploymentToPlan,
  { network_config: config }: TemplateBody,
  node: MakeNode,
): PlanNode[] {
  const subnets = Object.entries(config.subnets);
  const network = node('network', 'network', { name: `${name}-network` }, []);
  const subnetNodes = subnets.map(([subnet, cidr]) =>
    node(
      'subnet',
      `subnet/${subnet}`,
      {
        name: `${name}-${subnet}`,
        network_id: outputOf('network', 'id'),
        cidr,
        dns_nameservers: [...(config.dns ?? [])],
      },
      ['network'],
    ),
  );
  if (!config.router) return [network, ...subnetNodes];
  const router = node(
    'router',
    'router',
    { name: `${name}-router`, external_network: config.router.external_network ?? null },
    [],
  );
  const interfaces = subnets.map(([subnet]) =>
    node(
      'router-interface',
      `interface/${subnet}`,
      { router_id: outputOf('router', 'id'), subnet_id: outputOf(`subnet/${subnet}`, 'id') },
      ['router', `subnet/${subnet}`],
    ),
  );
  return [router, network, ...subnetNodes, ...interfaces];
}

function serverNodes(deployment: DeploymentToPlan, config: TemplateBody, node: MakeNode): PlanNode[] {
  const nextHost = new Map<string, number>();
  return Object.entries(config.vm_config).flatMap(([tier, template]) => {
    const subnet = subnetOfTier(tier, template, config.network_config);
    const cidr = config.network_config.subnets[subnet ?? ''];
    if (subnet === undefined || cidr === undefined)
      throw new Error(`tier ${tier} has no subnet; the template was not validated`);
    return Array.from({ length: template.count }, (_, index) => {
      const host = nextHost.get(subnet) ?? 0;
      nextHost.set(subnet, host + 1);
      const ordinal = index + 1;
      const wanted = {
        ...serverWanted(template, `${deployment.name}-${tier}-${ordinal}`),
        network_id: outputOf('network', 'id'),
        fixed_ip: addressOf(cidr, host),
        metadata: { ...template.metadata, deployment_id: deployment.id, groundwork_tier: tier },
      };
      return node('server', `server/${tier}/${ordinal}`, wanted, [`subnet/${subnet}`]);
    });
  });
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

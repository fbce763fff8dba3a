/** Who may see a network. */
import type { Cloud } from './cloud.ts';
import { notFound } from './neutron-errors.ts';
import type { NetworkRow } from './rows.ts';
import { tokenOf, type Call } from './wire.ts';

/** Own, shared and external networks can be seen; throws NetworkNotFound for any other. */
export function findNetwork(cloud: Cloud, call: Call, id: string): NetworkRow {
  const network = cloud.state.networks.get(id);
  const token = tokenOf(call);
  if (network === undefined || !(token.admin || network.project_id === token.project_id || isForAll(network)))
    throw notFound.network(id);
  return network;
}

/** Shared and external networks are everybody's to see. */
export function isForAll(row: NetworkRow): boolean {
  return row.shared || row.external;
}

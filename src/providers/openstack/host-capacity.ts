/**
 * Room on the hosts, where the cloud tells it: the list of hypervisors is for administrators. Pure.
 *
 * What is free there does not reckon with overcommitment, which a cloud may allow. So it can be said that a server fits
 * somewhere, and that it is larger than any host; in between only the scheduler knows.
 */

import type { Check } from '../../domain/feasibility.ts';
import type { Told } from './asking.ts';
import { checkOf, failed, unknown } from './asking.ts';
import type { WireFlavor, WireHypervisor } from './wire.ts';

const WHAT = 'host_capacity';

export function judgeHosts(flavor: WireFlavor, told: Told<readonly WireHypervisor[]>): Check {
  if (told.state !== 'told') return checkOf(WHAT, told, () => '');
  const usable = told.value.filter(({ state, status }) => state === 'up' && status === 'enabled');
  // Newer versions of the interface leave it out; hosts that are handed out whole say 0.
  if (usable.some(({ memory_mb = 0 }) => memory_mb === 0)) {
    return unknown(WHAT, 'the cloud does not tell how large its hosts are');
  }
  if (usable.some((host) => hasRoom(host, flavor)))
    return { what: WHAT, verdict: 'pass', reason: 'a host has room now' };
  if (!usable.some((host) => isLargeEnough(host, flavor))) {
    const reason = `no host that is up is as large as ${flavor.name}`;
    return failed(WHAT, reason, 'Choose a smaller flavor, or ask the operators for larger hosts.');
  }
  return unknown(WHAT, 'no host has that much free; whether the cloud overcommits its hosts is not told');
}

function hasRoom(host: WireHypervisor, flavor: WireFlavor): boolean {
  const { vcpus = 0, vcpus_used = 0, free_ram_mb = 0, free_disk_gb = 0 } = host;
  return vcpus - vcpus_used >= flavor.vcpus && free_ram_mb >= flavor.ram && free_disk_gb >= flavor.disk;
}

function isLargeEnough({ vcpus = 0, memory_mb = 0, local_gb = 0 }: WireHypervisor, flavor: WireFlavor): boolean {
  return vcpus >= flavor.vcpus && memory_mb >= flavor.ram && local_gb >= flavor.disk;
}

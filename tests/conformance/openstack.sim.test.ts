/** The driver conformance suite against the simulator: one simulator of its own for every region of the suite. */

import { createOpenStackSimulator } from '../../simulators/openstack/server.ts';
import { describeDriverConformance } from './driver-conformance.ts';
import { describeOpenStackDrift } from './openstack-drift.ts';
import { describeOpenStackQuirks } from './openstack-quirks.ts';
import type { OpenStackSite } from './openstack-target.ts';
import { LAB_NAMES, openStackTarget } from './openstack-target.ts';

async function openSite(): Promise<OpenStackSite> {
  const simulator = await createOpenStackSimulator();
  return {
    ...LAB_NAMES,
    authUrl: simulator.authUrl,
    regionName: 'RegionOne',
    admin: { username: 'admin', password: 'lab', project: 'admin' },
    user: { username: 'lab', password: 'lab' },
    close: () => simulator.close(),
  };
}

describeDriverConformance(openStackTarget('simulated OpenStack', LAB_NAMES, openSite));
describeOpenStackQuirks(LAB_NAMES, openSite);
describeOpenStackDrift(LAB_NAMES, openSite);

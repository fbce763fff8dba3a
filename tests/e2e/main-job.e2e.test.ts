/** The main job against a simulated cloud that takes its time, so that there is something to watch and to interrupt. */

import { createOpenStackSimulator } from '../../simulators/openstack/server.ts';
import { LAB_NAMES } from '../conformance/openstack-target.ts';
import { describeMainJob } from './main-job.ts';

describeMainJob({
  name: 'a simulated OpenStack',
  patienceMs: 30_000,
  async openSite() {
    const simulator = await createOpenStackSimulator({ delays: { serverBuild: 700, serverDelete: 100, jitter: 0.5 } });
    return {
      ...LAB_NAMES,
      authUrl: simulator.authUrl,
      regionName: 'RegionOne',
      admin: { username: 'admin', password: 'lab', project: 'admin' },
      user: { username: 'lab', password: 'lab' },
      close: () => simulator.close(),
    };
  },
});

/** The main job against a simulated cloud that takes its time, so that there is something to watch and to interrupt. */

import { describeMainJob } from './main-job.ts';
import { openSimulatedSite } from './simulated-site.ts';

describeMainJob({
  name: 'a simulated OpenStack',
  patienceMs: 30_000,
  openSite: () => openSimulatedSite({ serverBuild: 700, serverDelete: 100, jitter: 0.5 }),
});

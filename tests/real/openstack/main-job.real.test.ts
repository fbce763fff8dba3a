/**
 * The main job, end to end, on real OpenStack services on this machine: the suite that is also held against the simulator.
 */

import { it } from 'vitest';

import { describeMainJob } from '../../e2e/main-job.ts';
import { isLaboratoryThere, readLaboratory } from './laboratory.ts';

if (isLaboratoryThere()) {
  const openSite = () => Promise.resolve(readLaboratory());
  describeMainJob({ name: 'real OpenStack', openSite, patienceMs: 150_000 });
} else {
  it.skip('does the main job on real OpenStack');
}

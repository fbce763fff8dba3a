/**
 * The driver conformance suite against real OpenStack services on this machine (`tests/real/openstack/up` brings them up).
 * Skipped with a loud line when they are not there.
 */

import { expect, it } from 'vitest';

import { describeDriverConformance } from '../../conformance/driver-conformance.ts';
import { describeOpenStackDrift } from '../../conformance/openstack-drift.ts';
import { describeOpenStackQuirks } from '../../conformance/openstack-quirks.ts';
import { LAB_NAMES, openStackTarget } from '../../conformance/openstack-target.ts';
import { CLOUDS_FILE, isLaboratoryThere, readLaboratory } from './laboratory.ts';

const isThere = isLaboratoryThere();

it.skipIf(!isThere)('has real OpenStack services to test against', () => {
  expect(readLaboratory().authUrl).toMatch(/^http/);
});

if (isThere) {
  const openSite = () => Promise.resolve(readLaboratory());
  describeDriverConformance(openStackTarget(`real OpenStack of ${CLOUDS_FILE}`, LAB_NAMES, openSite));
  describeOpenStackQuirks(LAB_NAMES, openSite);
  describeOpenStackDrift(LAB_NAMES, openSite);
}

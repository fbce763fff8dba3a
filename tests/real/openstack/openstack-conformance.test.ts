/**
 * The driver conformance suite against real OpenStack services on this machine (`tests/real/openstack/up` brings them up).
 * Skipped with a loud line when they are not there.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';
import { parse } from 'yaml';

import { describeDriverConformance } from '../../conformance/driver-conformance.ts';
import { describeOpenStackQuirks } from '../../conformance/openstack-quirks.ts';
import type { OpenStackSite } from '../../conformance/openstack-target.ts';
import { LAB_NAMES, openStackTarget } from '../../conformance/openstack-target.ts';

const directory = process.env['GROUNDWORK_OPENSTACK_DIR'] ?? '/var/lib/groundwork-openstack';
const path = join(directory, 'clouds.yaml');

const isThere = existsSync(path);

it.skipIf(!isThere)('has real OpenStack services to test against', () => {
  expect(readSite().authUrl).toMatch(/^http/);
});

if (isThere) {
  describeDriverConformance(openStackTarget(`real OpenStack of ${path}`, LAB_NAMES, () => Promise.resolve(readSite())));
  describeOpenStackQuirks(LAB_NAMES, () => Promise.resolve(readSite()));
} else {
  process.stderr.write(`\nSKIPPED: no real OpenStack: ${path} does not exist; run tests/real/openstack/up first\n\n`);
}

interface CloudEntry {
  readonly region_name: string;
  readonly auth: { auth_url: string; username: string; password: string; project_name: string };
}

function readSite(): OpenStackSite {
  // The file is written by `up`, whose shape this is.
  const { clouds } = parse(readFileSync(path, 'utf8')) as { clouds: Record<string, CloudEntry | undefined> };
  const [user, admin] = [clouds['oslab'], clouds['oslab-admin']];
  if (!user || !admin) throw new Error(`${path} has no clouds oslab and oslab-admin`);
  return {
    ...LAB_NAMES,
    authUrl: user.auth.auth_url,
    regionName: user.region_name,
    user: user.auth,
    admin: { ...admin.auth, project: admin.auth.project_name },
    close: () => Promise.resolve(),
  };
}

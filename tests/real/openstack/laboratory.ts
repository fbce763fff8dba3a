/**
 * The real OpenStack services on this machine, which `up` brings there: how to reach them, and whether they are there.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { LAB_NAMES, type OpenStackSite } from '../../conformance/openstack-target.ts';

const directory = process.env['GROUNDWORK_OPENSTACK_DIR'] ?? '/var/lib/groundwork-openstack';

/** Written by `up`. */
export const CLOUDS_FILE = join(directory, 'clouds.yaml');

interface CloudEntry {
  readonly region_name: string;
  readonly auth: { auth_url: string; username: string; password: string; project_name: string };
}

/** Whether there is a laboratory; says so loudly when there is none, because the suite is then skipped. */
export function isLaboratoryThere(): boolean {
  if (existsSync(CLOUDS_FILE)) return true;
  process.stderr.write(
    `\nSKIPPED: no real OpenStack: ${CLOUDS_FILE} does not exist; run tests/real/openstack/up first\n\n`,
  );
  return false;
}

/** @throws Error when the file has not the clouds that `up` writes */
export function readLaboratory(): OpenStackSite {
  // The file is written by `up`, whose shape this is.
  const { clouds } = parse(readFileSync(CLOUDS_FILE, 'utf8')) as { clouds: Record<string, CloudEntry | undefined> };
  const [user, admin] = [clouds['oslab'], clouds['oslab-admin']];
  if (!user || !admin) throw new Error(`${CLOUDS_FILE} has no clouds oslab and oslab-admin`);
  return {
    ...LAB_NAMES,
    authUrl: user.auth.auth_url,
    regionName: user.region_name,
    user: user.auth,
    admin: { ...admin.auth, project: admin.auth.project_name },
    close: () => Promise.resolve(),
  };
}

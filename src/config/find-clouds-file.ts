/**
 * Where a `clouds.yaml` is looked for: the places that every OpenStack client looks at, in their order, so that the
 * file a user already has is found. Source: openstacksdk, "Configuration Files"
 * (https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html).
 */

import { join, resolve } from 'node:path';

import type { Environment } from './overrides.ts';

export interface CloudsFileSearch {
  readonly environment: Environment;
  /** Absolute. */
  readonly workingDirectory: string;
  /** Absolute. */
  readonly homeDirectory: string;
}

/** All places in order of preference; a set OS_CLIENT_CONFIG_FILE goes before them but does not hide them. */
export function cloudsFilePlaces({ environment, workingDirectory, homeDirectory }: CloudsFileSearch): string[] {
  const named = environment['OS_CLIENT_CONFIG_FILE'];
  const configHome = environment['XDG_CONFIG_HOME'] || join(homeDirectory, '.config');
  const directories = [workingDirectory, join(configHome, 'openstack'), '/etc/openstack'];
  const usual = directories.flatMap((directory) => [join(directory, 'clouds.yaml'), join(directory, 'clouds.yml')]);
  return named ? [resolve(workingDirectory, named), ...usual] : usual;
}

/** The first place where a file is, or undefined. `exists` is asked in order. */
export async function findCloudsFile(
  search: CloudsFileSearch,
  exists: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const place of cloudsFilePlaces(search)) {
    if (await exists(place)) return place;
  }
  return undefined;
}

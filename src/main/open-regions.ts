/**
 * From the configuration's regions to live ones. Credentials are read from the ecosystem's own files and stay there.
 */

import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findCloudsFile } from '../config/find-clouds-file.ts';
import type { Config } from '../config/load-config.ts';
import type { Regions } from '../app/dependencies.ts';
import type { Region } from '../ports/driver.ts';
import type { Logger } from '../ports/logger.ts';
import type { Measurements } from '../ports/measurements.ts';
import { createOpenStackRegion, readCloud } from '../providers/openstack/index.ts';

type RegionConfig = Config['regions'][string];

export interface RegionsInput {
  readonly regions: Config['regions'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly log: Logger;
  readonly measurements: Measurements;
}

/** @throws CloudConfigInvalid, or Error naming the file that is missing */
export async function openRegions(input: RegionsInput): Promise<Regions> {
  const all = await Promise.all(Object.entries(input.regions).map(([name, config]) => openRegion(input, name, config)));
  const byName = new Map(all.map((region) => [region.name, region]));
  return { get: (name) => byName.get(name), all };
}

async function openRegion(input: RegionsInput, name: string, config: RegionConfig): Promise<Region> {
  const path = config.cloud === 'envvars' ? undefined : await cloudsFile(input, name, config);
  const cloud = readCloud({
    cloudsYamlText: path && (await readFile(path, 'utf8')),
    secureYamlText: path && (await readSecure(path)),
    env: input.environment,
    cloudName: config.cloud,
    path: path ?? 'environment',
    readFile: (file) => readFileSync(file, 'utf8'),
  });
  const { concurrency, rate_per_second: ratePerSecond, burst } = config;
  const { measurements } = input;
  const log = input.log.child({ region: name });
  return createOpenStackRegion({ name, cloud, limits: { concurrency, ratePerSecond, burst }, log, measurements });
}

async function cloudsFile(input: RegionsInput, region: string, config: RegionConfig): Promise<string> {
  if (config.clouds_file !== undefined) return config.clouds_file;
  const path = await findCloudsFile(input, async (place) => existsSync(place));
  if (path !== undefined) return path;
  throw new Error(
    `regions.${region}.cloud is ${config.cloud}, but there is no clouds.yaml. Put one into the working directory or ~/.config/openstack, or name it with regions.${region}.clouds_file.`,
  );
}

/** `secure.yaml` beside clouds.yaml may hold the secrets of the same clouds. */
async function readSecure(cloudsPath: string): Promise<string | undefined> {
  const path = join(dirname(cloudsPath), 'secure.yaml');
  return existsSync(path) ? readFile(path, 'utf8') : undefined;
}

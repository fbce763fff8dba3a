/**
 * Reads a cloud out of `clouds.yaml`, `secure.yaml` and the environment, as OpenStack's own tools do
 * (https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html), so that a user's files work as they
 * are. Pure: texts come in, the files they name are read through an argument, and one value or one report of all
 * faults comes out. Values of secrets appear in neither.
 */

import { LineCounter, parseDocument } from 'yaml';

import type { CloudConfig, ConfigFault, TlsConfig } from './cloud-config.ts';
import { CloudConfigInvalid } from './cloud-config.ts';
import type { RawMap } from './cloud-settings.ts';
import { CloudSettings, isMap } from './cloud-settings.ts';
import { readCredentials, readProject } from './credentials.ts';
import { Secret } from './secret.ts';

export interface CloudSource {
  /** Text of clouds.yaml; absent when there is none. */
  readonly cloudsYamlText?: string | undefined;
  /** Text of secure.yaml: the same shape, laid over clouds.yaml. */
  readonly secureYamlText?: string | undefined;
  /** Environment; its `OS_*` variables are the cloud named `envvars`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cloudName: string;
  /** Path of clouds.yaml, for reports. */
  readonly path: string;
  /** Reads a file named by `cacert`, `cert` or `key`. @throws when it cannot. */
  readonly readFile?: (path: string) => string;
}

/**
 * The cloud of that name.
 * @throws CloudConfigInvalid with every fault: file, key, problem, remedy.
 */
export function readCloud(source: CloudSource): CloudConfig {
  const settings = settingsOf(source);
  const cloud: CloudConfig = {
    name: source.cloudName,
    authUrl: readAuthUrl(settings),
    credentials: readCredentials(settings),
    ...readProject(settings),
    ...optional('regionName', readRegionName(settings)),
    interface: readInterface(settings),
    tls: readTls(settings, source),
    endpoints: {
      ...optional('compute', readEndpoint(settings, 'compute')),
      ...optional('network', readEndpoint(settings, 'network')),
      ...optional('image', readEndpoint(settings, 'image')),
    },
    ...optional('computeMicroversion', readMicroversion(settings)),
  };
  if (settings.faults.length > 0) throw new CloudConfigInvalid(settings.faults);
  return cloud;
}

function settingsOf(source: CloudSource): CloudSettings {
  if (source.cloudName === 'envvars') {
    return new CloudSettings({ file: 'environment', prefix: 'OS_', raw: environmentSettings(source.env) });
  }
  const raw = findCloud(source);
  const settings = new CloudSettings({ file: source.path, prefix: `clouds.${source.cloudName}.`, raw });
  if (raw['profile'] !== undefined && settings.text('auth_url') === undefined) {
    settings.fault('profile', 'names a vendor profile, which is not read', "Write the vendor's auth.auth_url here.");
  }
  return settings;
}

/** `OS_AUTH_URL` → `auth_url`, and so on. */
function environmentSettings(env: CloudSource['env']): RawMap {
  const ours = Object.entries(env).filter(([name]) => name.startsWith('OS_'));
  return Object.fromEntries(ours.map(([name, value]) => [name.slice('OS_'.length).toLowerCase(), value]));
}

function findCloud(source: CloudSource): RawMap {
  const { path, cloudName } = source;
  if (source.cloudsYamlText === undefined) {
    throw invalid(path, 'clouds', 'cannot be read: there is no such file', 'Create it, or use the cloud `envvars`.');
  }
  const clouds = parseClouds(source.cloudsYamlText, path);
  const secure = source.secureYamlText === undefined ? {} : parseClouds(source.secureYamlText, 'secure.yaml');
  const cloud = clouds[cloudName];
  if (!isMap(cloud)) {
    const known = Object.keys(clouds).sort().join(', ') || 'none';
    throw invalid(path, `clouds.${cloudName}`, 'does not exist', `Add it, or use one of: ${known}.`);
  }
  const over = secure[cloudName];
  return isMap(over) ? layOver(cloud, over) : cloud;
}

/** The map below `clouds`. Complaints name the line but never quote it: it may hold a password. */
function parseClouds(text: string, file: string): RawMap {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    throw invalid(file, `line ${line}`, `is not valid YAML (${error.code})`, 'Correct the syntax.');
  }
  const root: unknown = document.toJS();
  const clouds = isMap(root) ? root['clouds'] : undefined;
  if (!isMap(clouds))
    throw invalid(file, 'clouds', 'is missing or not a map', 'Write `clouds:` with one entry a cloud.');
  return clouds;
}

function layOver(lower: RawMap, upper: RawMap): RawMap {
  const merged: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const below = merged[key];
    merged[key] = isMap(value) && isMap(below) ? layOver(below, value) : value;
  }
  return merged;
}

/** With or without a version at its end; only v3 is spoken. */
function readAuthUrl(settings: CloudSettings): string {
  const version = settings.text('identity_api_version') ?? '3';
  if (!/^v?3(\.\d+)?$/.test(version)) {
    settings.fault('identity_api_version', `is ${version}; only 3 is supported`, 'Set it to 3 or remove it.');
  }
  const text = settings.required(
    'auth_url',
    "Set it to Keystone's address, for example https://cloud.example:5000/v3.",
  );
  if (text === '') return '';
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    settings.fault('auth_url', 'is not an http or https address', 'Write https://host:port/v3.');
    return '';
  }
  const bare = text.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?$/, '');
  return `${bare}/v3`;
}

function readRegionName(settings: CloudSettings): string | undefined {
  const regions = settings.list('regions').map((entry) => (isMap(entry) ? entry['name'] : entry));
  const [only] = regions;
  return settings.text('region_name') ?? (regions.length === 1 && typeof only === 'string' ? only : undefined);
}

function readInterface(settings: CloudSettings): CloudConfig['interface'] {
  const text = (settings.text('interface', 'endpoint_type') ?? 'public').replace(/URL$/, '');
  if (text === 'public' || text === 'internal' || text === 'admin') return text;
  settings.fault('interface', `is ${text}`, 'Use public, internal or admin.');
  return 'public';
}

function readTls(settings: CloudSettings, source: CloudSource): TlsConfig {
  const key = readPem(settings, source, 'key');
  const insecure = settings.flag('insecure') ?? false;
  return {
    ...optional('ca', readPem(settings, source, 'cacert')),
    ...optional('cert', readPem(settings, source, 'cert')),
    ...(key !== undefined && { key: new Secret(key) }),
    verify: settings.flag('verify') ?? !insecure,
  };
}

function readPem(settings: CloudSettings, source: CloudSource, name: string): string | undefined {
  const written = settings.text(name);
  if (written === undefined) return undefined;
  const path = written.replace(/^~(?=\/)/, source.env['HOME'] ?? '~');
  try {
    if (!source.readFile) throw new Error('no way to read files was given');
    return source.readFile(path);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    settings.fault(name, `names a file that cannot be read: ${words}`, 'Correct the path or the permissions.');
    return undefined;
  }
}

function readEndpoint(settings: CloudSettings, service: string): string | undefined {
  const name = `${service}_endpoint_override`;
  const text = settings.text(name);
  if (text === undefined || URL.canParse(text)) return text?.replace(/\/+$/, '');
  settings.fault(name, 'is not an address', 'Write https://host:port/path.');
  return undefined;
}

/** `2` and `2.1` name the API itself, not a wish. */
function readMicroversion(settings: CloudSettings): string | undefined {
  const text = settings.text('compute_default_microversion', 'compute_api_version');
  if (text === undefined || /^v?2(\.[01])?$/.test(text)) return undefined;
  if (/^2\.\d+$/.test(text)) return text;
  settings.fault('compute_api_version', `is ${text}`, 'Write a microversion such as "2.79", or remove it.');
  return undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // A computed key widens to `string`; the pair is exactly what the type says.
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function invalid(...[file, key, problem, remedy]: readonly [string, string, string, string]): CloudConfigInvalid {
  const fault: ConfigFault = { file, key, problem, remedy };
  return new CloudConfigInvalid([fault]);
}

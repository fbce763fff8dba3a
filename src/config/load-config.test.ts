import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { ConfigError } from './config-error.ts';
import { hashKey } from './configured-keys.ts';
import { explainConfig } from './explain-config.ts';
import { loadConfig } from './load-config.ts';
import type { ConfigInput } from './load-config.ts';

function load(text: string | undefined, more: Partial<ConfigInput> = {}) {
  const file =
    text === undefined ? undefined : { path: '/etc/gw/gw.yaml', name: 'gw.yaml', directory: '/etc/gw', text };
  return loadConfig({ environment: {}, file, workingDirectory: '/work', homeDirectory: '/home/me', ...more });
}

function faultsOf(text: string | undefined, more: Partial<ConfigInput> = {}): string {
  try {
    load(text, more);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('loading a configuration', () => {
  it('gives the defaults when nothing is said, with the data under the working directory', () => {
    expect(load(undefined)).toEqual({
      server: { host: '127.0.0.1', port: 8080 },
      data_dir: '/work/.groundwork',
      ansible_playbook: 'ansible-playbook',
      playbooks_dir: '/work/playbooks',
      regions: {},
      limits: { max_count_per_tier: 100, max_nodes_per_plan: 1000 },
      webhooks: { allow_addresses: [] },
      log: { level: 'info', format: 'json' },
      api_keys: [],
      admin_key: undefined,
      secret_key: undefined,
      file: undefined,
    });
  });

  it('takes an empty file for one that says nothing', () => {
    expect(load('# nothing\n').server.port).toBe(8080);
  });

  it('puts the command line before the environment, that before the file, and that before the defaults', () => {
    const text = 'server: {host: file, port: 1}\nlog: {level: error}\ndata_dir: from-file\n';
    const environment = { GROUNDWORK_HOST: 'variable', GROUNDWORK_PORT: '2', GROUNDWORK_LOG_LEVEL: '' };
    const config = load(text, { environment, flags: { port: '3' } });
    expect(config.server).toEqual({ host: 'variable', port: 3 });
    expect(config.log).toEqual({ level: 'error', format: 'json' });
  });

  it('takes paths in the file from the folder of the file, and all others from the working directory', () => {
    const text =
      'data_dir: d\ntemplates_dir: ~/t\nregions: {r: {provider: openstack, cloud: c, clouds_file: ../c.yaml}}\n';
    const config = load(text);
    expect(config).toMatchObject({ data_dir: '/etc/gw/d', templates_dir: '/home/me/t' });
    expect(config.regions['r']).toMatchObject({
      provider: 'openstack',
      cloud: 'c',
      clouds_file: '/etc/c.yaml',
      burst: 100,
      concurrency: 16,
      rate_per_second: 100,
    });
    expect(load(text, { environment: { GROUNDWORK_DATA_DIR: 'e' } }).data_dir).toBe('/work/e');
    expect(load('server: {port: 1}').data_dir).toBe('/work/.groundwork');
  });

  it('keeps only the hash of a configured key', () => {
    const text = 'api_keys: [{name: ci, scope: write, key_env: CI_KEY}]';
    const config = load(text, { environment: { CI_KEY: 'top-secret' } });
    expect(config.api_keys).toEqual([{ name: 'ci', scope: 'write', key_sha256: hashKey('top-secret') }]);
  });

  it('takes networks that webhooks may point to, and refuses what is none', () => {
    expect(load('webhooks: {allow_addresses: [10.0.0.0/8, "fd00::/8"]}').webhooks.allow_addresses).toHaveLength(2);
    const faults = faultsOf('webhooks:\n  allow_addresses: [10.0.0.0/8, 10.0.0.0/33]', {
      environment: { GROUNDWORK_SECRET_KEY: 'short' },
    });
    expect(faults).toContain('gw.yaml:2:33  webhooks.allow_addresses.1');
    expect(faults).toContain('GROUNDWORK_SECRET_KEY');
    expect(faults).not.toContain('short\n');
  });

  it('takes the longest time to live of a region, and refuses what is none', () => {
    const text = (ttl: string) => `regions: {r: {provider: openstack, cloud: c, max_ttl: ${ttl}}}`;
    expect(load(text('14d')).regions['r']?.max_ttl).toBe('14d');
    expect(faultsOf(text('P1M'))).toContain('P1M: years and months have no fixed length.');
  });

  it('cannot be changed afterwards', () => {
    const config = load('regions: {r: {provider: openstack, cloud: c}}');
    expect(() => Object.assign(config.regions['r'] ?? {}, { cloud: 'other' })).toThrow(TypeError);
  });
});

describe('refusing a configuration', () => {
  it('reports every fault at once, each with place, key, value and remedy', () => {
    const text = [
      'server:',
      '  port: eighty',
      '  hots: 0.0.0.0',
      'regions:',
      '  us-west-1: {provider: openstak}',
      '  "bad name": {provider: openstack, cloud: c}',
      'limits: 7',
      'api_keys:',
      '  - {name: ci, scope: root, key_env: CI}',
      'frobnicate: yes',
      'datadir: x',
    ].join('\n');
    expect(faultsOf(text, { environment: { GROUNDWORK_LOG_LEVEL: 'loud', GROUNDWORK_PROT: '1' } }))
      .toMatchInlineSnapshot(`
        "The configuration has 11 faults:
          gw.yaml:10:1  frobnicate
            The key "frobnicate" is not known here.
            Known here: server, data_dir, database_url, regions, templates_dir, playbooks_dir, ansible_playbook, limits, webhooks, log, api_keys.
          gw.yaml:11:1  datadir
            The key "datadir" is not known here.
            Did you mean data_dir?
          gw.yaml:3:3  server.hots
            The key "hots" is not known here.
            Did you mean host?
          gw.yaml:2:3  server.port
            This must be a whole number from 0 to 65535, but is "eighty".
            TCP port to listen on; 0 lets the system choose a free one.
          gw.yaml:6:3  regions.bad name
            The name "bad name" must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$.
            Choose another name.
          gw.yaml:5:3  regions.us-west-1
            The key "cloud" is missing.
            Add cloud: a text that is not empty. Name of the cloud in clouds.yaml.
          gw.yaml:5:15  regions.us-west-1.provider
            This must be one of openstack, but is "openstak".
            Did you mean openstack?
          gw.yaml:7:1  limits
            This must be a map, but is 7.
            Ceilings that protect the clouds from a slip of the finger.
          GROUNDWORK_LOG_LEVEL  log.level
            This must be one of debug, info, warn, error, silent, but is "loud".
            Least serious lines to write.
          gw.yaml:9:16  api_keys.0.scope
            This must be one of read, write, admin, but is "root".
            What the key allows; each includes those before it.
          GROUNDWORK_PROT
            This variable is not known.
            Did you mean GROUNDWORK_PORT?"
      `);
  });

  it('names variable or flag when the value came from there', () => {
    const more = { environment: { GROUNDWORK_HOST: 'h' }, flags: { port: '70000' } };
    expect(faultsOf('server: {port: 1}', more)).toContain(
      '--port  server.port\n    This must be a whole number from 0 to 65535, but is 70000.',
    );
  });

  it('never shows what may be a secret', () => {
    const text =
      'database_url: mysql://u:hunter2@h/d\npassword: hunter2\napi_keys: [{name: a, scope: read, key_sha256: hunter2, key: hunter2}]';
    const report = faultsOf(text, { environment: { GROUNDWORK_ADMIN_KEY: 'hunter2 ' } });
    expect(report).toContain('5 faults');
    expect(report).not.toContain('hunter2');
  });

  it('says where the YAML itself is wrong', () => {
    expect(faultsOf('server:\n  port: 1\n  port: 2\n')).toMatch(
      /gw\.yaml:3:3\n {4}This is not valid YAML: Map keys must be unique\./,
    );
    expect(faultsOf('server: [1\nlog: {}')).toContain('This is not valid YAML');
    expect(faultsOf('just words')).toContain('gw.yaml:1:1\n    This must be a map, but is "just words".');
  });

  it('wants exactly one source for a key, a set variable, and a name of its own', () => {
    const text = [
      'api_keys:',
      '  - {name: a, scope: read}',
      `  - {name: a, scope: read, key_env: X, key_sha256: ${'a'.repeat(64)}}`,
      '  - {name: b, scope: read, key_env: NOT_SET}',
    ].join('\n');
    const report = faultsOf(text);
    expect(report).toContain('gw.yaml:2:5  api_keys.0\n    A key needs exactly one of key_env and key_sha256.');
    expect(report).toContain('gw.yaml:3:6  api_keys.1.name\n    The name "a" is used twice.');
    expect(report).toContain('gw.yaml:4:28  api_keys.2.key_env\n    The variable NOT_SET is not set.');
  });

  it('leaves variables alone that only share the first name', () => {
    expect(() => load(undefined, { environment: { GROUNDWORK_TEST_DATABASE: 'x', PATH: '/bin' } })).not.toThrow();
  });
});

describe('showing a configuration', () => {
  it('explains what holds without any secret', () => {
    const environment = {
      GROUNDWORK_ADMIN_KEY: 'hunter2',
      DATABASE_URL: 'postgres://u:hunter2@db:5433/gw?sslmode=require',
    };
    const text = explainConfig(load('log: {level: warn}', { environment }));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('# From /etc/gw/gw.yaml');
    expect(text).toContain('level: warn');
    expect(text).toContain('database_url: postgres://db:5433/gw');
  });

  it('accepts the committed example', () => {
    const config = load(readFileSync(new URL('../../examples/groundwork.yaml', import.meta.url), 'utf8'));
    expect(Object.keys(config.regions)).toEqual(['us-west-1', 'eu-central-1']);
    expect(config.api_keys).toHaveLength(1);
  });
});

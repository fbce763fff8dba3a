import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { CloudConfig, ConfigFault } from './cloud-config.ts';
import { CloudConfigInvalid } from './cloud-config.ts';
import type { CloudSource } from './clouds-yaml.ts';
import { readCloud } from './clouds-yaml.ts';
import { loginBody } from './identity.ts';

const PASSWORD_CLOUD = `
clouds:
  lab:
    region_name: RegionOne
    auth:
      auth_url: http://keystone:5000/v3
      username: demo
      password: hunter2
      project_name: web
      user_domain_name: Default
      project_domain_id: default
`;

function read(cloudsYamlText: string, more: Partial<CloudSource> = {}): CloudConfig {
  return readCloud({ cloudsYamlText, env: {}, cloudName: 'lab', path: '/etc/clouds.yaml', ...more });
}

function faultsOf(cloudsYamlText: string, more: Partial<CloudSource> = {}): readonly ConfigFault[] {
  try {
    read(cloudsYamlText, more);
  } catch (error) {
    if (error instanceof CloudConfigInvalid) return error.faults;
    throw error;
  }
  throw new Error('nothing was wrong');
}

/** A cloud with these lines under `auth` and these beside it. */
function cloud(auth: readonly string[], beside: readonly string[] = []): string {
  return [
    'clouds:',
    '  lab:',
    '    auth:',
    ...auth.map((line) => `      ${line}`),
    ...beside.map((line) => `    ${line}`),
  ].join('\n');
}

const LOGIN = ['auth_url: http://k:5000', 'username: u', 'password: p', 'project_name: p'];

describe('reading a cloud from clouds.yaml', () => {
  it('reads a password login with names and domains', () => {
    const config = read(PASSWORD_CLOUD);
    expect(config).toMatchObject({
      name: 'lab',
      authUrl: 'http://keystone:5000/v3',
      project: { name: 'web', domain: { id: 'default' } },
      regionName: 'RegionOne',
      interface: 'public',
      tls: { verify: true },
    });
    expect(loginBody(config)).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'demo', domain: { name: 'Default' }, password: 'hunter2' } },
        },
        scope: { project: { name: 'web', domain: { id: 'default' } } },
      },
    });
  });

  it('reads ids in place of names, which need no domain', () => {
    const config = read(cloud(['auth_url: http://k', 'user_id: u1', 'password: p', 'project_id: p1']));
    expect(config.credentials).toMatchObject({ user: { id: 'u1' } });
    expect(config.project).toEqual({ id: 'p1' });
  });

  it('takes the domain with id default where none is named', () => {
    expect(read(cloud(LOGIN)).project).toEqual({ name: 'p', domain: { id: 'default' } });
  });

  it('reads an application credential by id, which carries its project', () => {
    const auth = ['auth_url: http://k', 'application_credential_id: a1', 'application_credential_secret: s3'];
    const config = read(cloud(auth, ['auth_type: v3applicationcredential']));
    expect(loginBody(config)).toEqual({
      auth: {
        identity: { methods: ['application_credential'], application_credential: { id: 'a1', secret: 's3' } },
      },
    });
  });

  it('reads an application credential by name and user', () => {
    const auth = [
      'auth_url: http://k',
      'application_credential_name: ci',
      'application_credential_secret: s3',
      'username: u',
    ];
    const { auth: body } = loginBody(read(cloud([...auth, 'user_domain_name: D']))) as { auth: { identity: object } };
    expect(body.identity).toMatchObject({
      application_credential: { name: 'ci', user: { name: 'u', domain: { name: 'D' } }, secret: 's3' },
    });
  });

  it('reads a token', () => {
    const config = read(cloud(['auth_url: http://k', 'token: gAAA', 'project_id: p1'], ['auth_type: v3token']));
    expect(loginBody(config)).toEqual({
      auth: { identity: { methods: ['token'], token: { id: 'gAAA' } }, scope: { project: { id: 'p1' } } },
    });
  });

  it.each([
    ['http://k:5000', 'http://k:5000/v3'],
    ['http://k:5000/', 'http://k:5000/v3'],
    ['http://k:5000/v3', 'http://k:5000/v3'],
    ['http://k:5000/v3/', 'http://k:5000/v3'],
    ['https://k/identity', 'https://k/identity/v3'],
    ['http://k:5000/v2.0', 'http://k:5000/v3'],
  ])('speaks v3 to %s', (authUrl, spoken) => {
    expect(read(cloud([`auth_url: ${authUrl}`, ...LOGIN.slice(1)])).authUrl).toBe(spoken);
  });

  it('lays secure.yaml over it', () => {
    const withoutPassword = PASSWORD_CLOUD.replace('      password: hunter2\n', '');
    const secureYamlText = 'clouds: {lab: {auth: {password: s3cret}}}';
    expect(JSON.stringify(loginBody(read(withoutPassword, { secureYamlText })))).toContain('s3cret');
  });

  it('reads the environment as the cloud envvars', () => {
    const env = {
      OS_AUTH_URL: 'http://k:5000',
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_PROJECT_NAME: 'web',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: 'R2',
      OS_INTERFACE: 'internal',
      HOME: '/root',
    };
    const config = readCloud({ env, cloudName: 'envvars', path: '/etc/clouds.yaml' });
    expect(config).toMatchObject({
      project: { name: 'web', domain: { name: 'Default' } },
      regionName: 'R2',
      interface: 'internal',
    });
  });

  it('names environment variables in their own spelling when they are wrong', () => {
    const faults = faultsOf('', { env: { OS_AUTH_URL: 'ftp://k' }, cloudName: 'envvars' });
    expect(faults.map(({ file, key }) => `${file} ${key}`)).toEqual([
      'environment OS_AUTH_URL',
      'environment OS_USERNAME',
      'environment OS_PASSWORD',
      'environment OS_PROJECT_NAME',
    ]);
  });

  it('reads the files that TLS needs, relative to the home directory', () => {
    const readFile = (path: string) => `PEM of ${path}`;
    const beside = ['cacert: ~/ca.pem', 'cert: /c.pem', 'key: /k.pem'];
    const { tls } = read(cloud(LOGIN, beside), { env: { HOME: '/home/me' }, readFile });
    expect(tls).toMatchObject({ ca: 'PEM of /home/me/ca.pem', cert: 'PEM of /c.pem', verify: true });
    expect(tls.key?.reveal()).toBe('PEM of /k.pem');
  });

  it('accepts any certificate when told so', () => {
    expect(read(cloud(LOGIN, ['verify: false'])).tls.verify).toBe(false);
    expect(read(cloud(LOGIN, ['insecure: true'])).tls.verify).toBe(false);
  });

  it('reads endpoint overrides and a wished microversion', () => {
    const config = read(
      cloud(LOGIN, ['compute_endpoint_override: http://n:8774/v2.1/', 'compute_api_version: "2.60"']),
    );
    expect(config.endpoints).toEqual({ compute: 'http://n:8774/v2.1' });
    expect(config.computeMicroversion).toBe('2.60');
    expect(read(cloud(LOGIN, ['compute_api_version: 2'])).computeMicroversion).toBeUndefined();
  });

  it('takes the only one of `regions`', () => {
    expect(read(cloud(LOGIN, ['regions: [{name: north}]'])).regionName).toBe('north');
  });
});

describe('faults of clouds.yaml', () => {
  it('reports all faults of a cloud together, each with file, key and remedy', () => {
    const faults = faultsOf(
      cloud(['auth_url: nowhere'], ['interface: sideways', 'identity_api_version: 2', 'verify: maybe']),
    );
    expect(faults.map(({ key }) => key).toSorted()).toEqual([
      'clouds.lab.auth.auth_url',
      'clouds.lab.auth.password',
      'clouds.lab.auth.project_name',
      'clouds.lab.auth.username',
      'clouds.lab.identity_api_version',
      'clouds.lab.interface',
      'clouds.lab.verify',
    ]);
    for (const fault of faults) {
      expect(fault.file).toBe('/etc/clouds.yaml');
      expect(fault.remedy).toMatch(/\.$/);
    }
  });

  it.each([
    ['identity_api_version: 2', 'identity_api_version'],
    ['auth_type: v3kerberos', 'auth_type'],
    ['compute_api_version: latest', 'compute_api_version'],
    ['network_endpoint_override: nonsense', 'network_endpoint_override'],
    ['cacert: /missing.pem', 'cacert'],
  ])('refuses %s', (line, key) => {
    const readFile = (path: string): string => {
      throw new Error(`ENOENT: ${path}`);
    };
    expect(faultsOf(cloud(LOGIN, [line]), { readFile }).map((fault) => fault.key)).toEqual([`clouds.lab.${key}`]);
  });

  it('names the clouds that there are when the wanted one is not', () => {
    const [fault] = faultsOf(PASSWORD_CLOUD, { cloudName: 'prod' });
    expect(fault).toMatchObject({ key: 'clouds.prod', remedy: 'Add it, or use one of: lab.' });
  });

  it('says that the file is missing, or is not YAML at which line', () => {
    expect(() => readCloud({ env: {}, cloudName: 'lab', path: '/c.yaml' })).toThrow(/\/c\.yaml: clouds cannot be read/);
    const [fault] = faultsOf('clouds:\n  lab:\n    auth: {password: "hunter2\n');
    expect(fault?.key).toBe('line 4');
    expect(JSON.stringify(fault)).not.toContain('hunter2');
  });

  it('says that vendor profiles are not read', () => {
    const [fault] = faultsOf(cloud(LOGIN.slice(1), ['profile: rackspace']));
    expect(fault?.key).toBe('clouds.lab.profile');
  });

  it('shows no secret, neither in faults nor when the value is printed', () => {
    const config = read(PASSWORD_CLOUD);
    expect(inspect(config, { depth: 10 })).not.toContain('hunter2');
    expect(JSON.stringify(config)).not.toContain('hunter2');
    const text = PASSWORD_CLOUD.replace('auth_url: http://keystone:5000/v3', 'auth_url: ftp://x');
    expect(JSON.stringify(faultsOf(text))).not.toContain('hunter2');
  });
});

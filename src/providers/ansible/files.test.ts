import { describe, expect, it } from 'vitest';
import { extraVarsFile } from './extra-vars-file.ts';
import { inventoryFile } from './inventory-file.ts';
import { createVariableSealer } from './sealed-variables.ts';
import type { RegionPlaySettings } from './settings.ts';

describe('the file of variables', () => {
  it('tags every text as unsafe, at any depth, and writes ASCII only', () => {
    const text = extraVarsFile({ a: 'x "y" \\ {{ z }}', b: [1, true, null, { c: 'ü\n😀' }] });
    expect(text).toBe(
      String.raw`{"a": !unsafe "x \"y\" \\ {{ z }}", "b": [1, true, null, {"c": !unsafe "\u00fc\u000a\U0001f600"}]}` +
        '\n',
    );
  });
});

describe('the inventory', () => {
  const region: RegionPlaySettings = {
    user: 'debian',
    privateKeyFile: '/keys/id',
    sshArgs: '-o ProxyJump=bastion',
    hostKeyPolicy: 'accept-new',
    timeoutMs: 1,
    connectTimeoutS: 1,
    forks: 1,
  };
  const hosts = [
    { name: 'web-1', address: '10.0.0.10', server: 'abc', tier: 'web', ordinal: 1 },
    { name: '10.9.9.9', address: '10.9.9.9', server: null, tier: null, ordinal: null },
  ];
  const written = (settings: RegionPlaySettings) => {
    const context = { deployment: 'd-1', region: settings, knownHosts: '/data dir/known' };
    return JSON.parse(inventoryFile({ hosts, groups: { web: ['web-1'] } }, context)) as {
      all: { hosts: Record<string, Record<string, string>>; vars: object; children: object };
    };
  };

  it('has groups, addresses, host variables and the account', () => {
    const { all } = written(region);
    expect(all.children).toEqual({ web: { hosts: { 'web-1': {} } } });
    expect(all.vars).toEqual({
      ansible_connection: 'ssh',
      ansible_user: 'debian',
      ansible_ssh_private_key_file: '/keys/id',
    });
    expect(all.hosts['web-1']).toMatchObject({
      ansible_host: '10.0.0.10',
      groundwork_tier: 'web',
      groundwork_ordinal: 1,
      groundwork_deployment: 'd-1',
    });
    expect(all.hosts['10.9.9.9']).not.toHaveProperty('groundwork_tier');
  });

  it('remembers the key of a server by its id, and of a stranger by its address', () => {
    const { hosts: told } = written(region).all;
    const [own, strange] = ['web-1', '10.9.9.9'].map((name) => told[name]?.['ansible_ssh_common_args']);
    expect(own).toContain(`-o 'UserKnownHostsFile="/data dir/known"' `);
    expect(own).toMatch(/StrictHostKeyChecking=accept-new.*HostKeyAlias=abc' -o ProxyJump=bastion$/);
    expect(strange).not.toContain('HostKeyAlias');
  });

  it('looks only at keys that were given when the policy is strict', () => {
    const { hosts: told } = written({ ...region, hostKeyPolicy: 'strict', knownHostsFile: '/etc/keys' }).all;
    const args = told['web-1']?.['ansible_ssh_common_args'];
    expect(args).toMatch(/GlobalKnownHostsFile="\/etc\/keys".*StrictHostKeyChecking=yes/);
    expect(args).not.toContain('HostKeyAlias');
  });
});

describe('sealed variables', () => {
  it('open with the same key for the same deployment only', () => {
    const [one, other] = [createVariableSealer('a key'), createVariableSealer('another key')];
    const sealed = one.seal('hunter-2', 'd-1');
    expect(sealed).not.toContain('hunter');
    expect(one.open(sealed, 'd-1')).toBe('hunter-2');
    expect(() => one.open(sealed, 'd-2')).toThrow('unable to authenticate');
    expect(() => other.open(sealed, 'd-1')).toThrow('unable to authenticate');
  });
});

import { describe, expect, it } from 'vitest';
import { extraVarsFaults, playbookNameFaults } from './check-play.ts';
import { inventoryFromLedger, inventoryFromRequest, limitFaults } from './play-inventory.ts';
import type { Resource } from './resource.ts';
import { openSecrets, sealSecrets } from './secret-values.ts';

function server(key: string, ip: string | null, state: Resource['state'] = 'present'): Resource {
  return {
    owner: 'd',
    key,
    generation: 1,
    kind: 'x.server',
    region: 'here',
    state,
    providerId: `id-of-${key}`,
    wanted: { name: `site-${key.split('/').slice(1).join('-')}` },
    outputs: ip === null ? {} : { ip },
    dependsOn: [],
    runId: 'r',
    createdAt: '',
    updatedAt: '',
  };
}

const LEDGER = [
  server('server/web/10', '10.0.0.20'),
  server('server/web/2', '10.0.0.11'),
  server('server/db/1', '10.0.1.10'),
  server('server/db/2', '10.0.1.11', 'creating'),
  server('server/constructor/1', '10.0.2.10'),
  { ...server('network', null), kind: 'x.network' },
];

describe('the inventory of a deployment', () => {
  it('has one group a tier, servers that stand, in the order of their ordinals', () => {
    const { hosts, groups } = inventoryFromLedger(LEDGER);
    expect(groups).toEqual({
      constructor: ['site-constructor-1'],
      db: ['site-db-1'],
      web: ['site-web-2', 'site-web-10'],
    });
    expect(hosts.at(-1)).toEqual({
      name: 'site-web-10',
      address: '10.0.0.20',
      server: 'id-of-server/web/10',
      tier: 'web',
      ordinal: 10,
    });
  });

  it('takes tiers, server names and addresses in groups that a caller names', () => {
    const given = { front: ['web'], back: ['10.0.1.10', 'site-db-1'] };
    const { inventory, faults } = inventoryFromRequest(given, LEDGER, false);
    expect(faults).toEqual([]);
    expect(inventory.groups).toEqual({ front: ['site-web-2', 'site-web-10'], back: ['site-db-1'] });
    expect(inventory.hosts).toHaveLength(3);
  });

  it('refuses strangers unless they are allowed, and what is no address always', () => {
    const given = { x: ['192.0.2.1', '-oProxyCommand=id'] };
    expect(inventoryFromRequest(given, LEDGER, false).faults.map(({ pointer }) => pointer)).toEqual([
      '/inventory/x/0',
      '/inventory/x/1',
    ]);
    const { inventory, faults } = inventoryFromRequest(given, LEDGER, true);
    expect(faults.map(({ value }) => value)).toEqual(['-oProxyCommand=id']);
    expect(inventory.hosts).toEqual([
      { name: '192.0.2.1', address: '192.0.2.1', server: null, tier: null, ordinal: null },
    ]);
  });

  it('knows every term of a limit, or says which it does not know', () => {
    const inventory = inventoryFromLedger(LEDGER);
    for (const limit of ['web', 'web:!site-web-2', 'all,&db', 'site-*'])
      expect(limitFaults(limit, inventory)).toEqual([]);
    expect(limitFaults('web,nobody', inventory)[0]?.detail).toBe('the inventory has no group or host nobody');
    expect(limitFaults('web,', inventory)).toHaveLength(1);
  });
});

describe('the name of a playbook', () => {
  it.each(['site.yml', 'web/site.yaml', 'a b.yml'])('may be %s', (name) =>
    expect(playbookNameFaults(name)).toEqual([]),
  );
  it.each([
    '/site.yml',
    '../site.yml',
    'a/../../b.yml',
    'a//b.yml',
    './a.yml',
    'a\\b.yml',
    'site',
    'a\0.yml',
    '.git/a.yml',
  ])('may not be %j', (name) => expect(playbookNameFaults(name)).toHaveLength(1));
});

describe('variables of a caller', () => {
  it('may not say how hosts are reached', () => {
    const names = ['ansible_host', 'ansible_ssh_common_args', 'ansible_python_interpreter'];
    for (const name of names) expect(extraVarsFaults({ [name]: 'x' })).toHaveLength(1);
    expect(extraVarsFaults({ ansible_become_password: 'x', port: 1 })).toEqual([]);
  });

  it('are sealed where they are secret, and come back as they were with all that must be masked', () => {
    const given = {
      db_password: 'one',
      port: 80,
      nested: [{ api_token: { id: 'two', n: 12345 } }],
      door: 'three',
      token_count: 3,
      empty_password: '',
    };
    const sealed = sealSecrets(given, ['door'], (text) => Buffer.from(text).toString('hex'));
    expect(sealed).toMatchObject({ port: 80, token_count: 3, empty_password: '' });
    expect(JSON.stringify(sealed)).not.toMatch(/one|two|three|12345/);
    const opened = openSecrets(sealed, (text) => Buffer.from(text, 'hex').toString());
    expect(opened.variables).toEqual(given);
    expect(opened.secrets.toSorted()).toEqual(['12345', 'one', 'three', 'two']);
  });
});

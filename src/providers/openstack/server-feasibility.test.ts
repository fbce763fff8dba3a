import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../domain/json.ts';
import type { Told } from './asking.ts';
import type { ServerFacts } from './server-feasibility.ts';
import { judgeServer } from './server-feasibility.ts';
import type { WireFlavor, WireHypervisor, WireImage } from './wire.ts';

const told = <T>(value: T): Told<T> => ({ state: 'told', value });
const away: Told<never> = { state: 'untold', reason: 'compute did not answer GET /flavors/detail' };

const SMALL: WireFlavor = { id: '2', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20 };
const IMAGE: WireImage = { id: 'i', name: 'debian', status: 'active', min_ram: 512, min_disk: 2, size: 1024 ** 3 };
const HOST: WireHypervisor = {
  state: 'up',
  status: 'enabled',
  vcpus: 8,
  vcpus_used: 2,
  memory_mb: 16_384,
  free_ram_mb: 8192,
  local_gb: 100,
  free_disk_gb: 50,
};

function judge(wanted: JsonObject, facts: Partial<ServerFacts> = {}, image: Told<WireImage> = told(IMAGE)) {
  const { checks, uses } = judgeServer(
    { flavor: 'm1.small', image: 'debian', ...wanted },
    {
      flavors: told([SMALL, { ...SMALL, id: '9', name: 'off', 'OS-FLV-DISABLED:disabled': true }]),
      images: new Map([['debian', image]]),
      hosts: told([HOST]),
      ...facts,
    },
  );
  return { uses, checks: Object.fromEntries(checks.map(({ what, verdict, reason }) => [what, [verdict, reason]])) };
}

describe('judging a server before it is made', () => {
  it('passes what is there and fits, and tells what it takes', () => {
    expect(judge({})).toEqual({
      uses: { instances: 1, ports: 1, cores: 1, ram_mb: 2048 },
      checks: {
        flavor: ['pass', 'm1.small: 1 vCPU, 2048 MiB, 20 GiB'],
        image: ['pass', 'image debian is active and fits into m1.small'],
        host_capacity: ['pass', 'a host has room now'],
      },
    });
    expect(judge({ flavor: '2' }).checks['flavor']).toEqual(['pass', 'm1.small: 1 vCPU, 2048 MiB, 20 GiB']);
  });

  it('fails a flavor that is not there or disabled, and cannot tell what it would take', () => {
    expect(judge({ flavor: 'huge' })).toMatchObject({
      uses: { instances: 1, ports: 1 },
      checks: { flavor: ['fail', 'there is no flavor "huge" that the project may use'] },
    });
    expect(judge({ flavor: 'off' }).checks['flavor']).toEqual(['fail', 'flavor "off" is disabled']);
  });

  it('refuses nothing because the cloud cannot be asked', () => {
    const { checks, uses } = judge({ key_name: 'k' }, { flavors: away, hosts: away, keyPairs: away }, away);
    expect(Object.values(checks).map(([verdict]) => verdict)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(uses).toEqual({ instances: 1, ports: 1 });
  });

  it.each([
    [{ min_ram: 4096 }, 'image debian needs 4096 MiB of memory, and m1.small has 2048'],
    [{ min_disk: 40 }, 'image debian needs 40 GiB of disk, and m1.small has 20'],
    [{ size: 25 * 1024 ** 3 }, 'image debian needs 25 GiB of disk, and m1.small has 20'],
    [{ virtual_size: 30 * 1024 ** 3 }, 'image debian needs 30 GiB of disk, and m1.small has 20'],
  ])('fails an image that the flavor cannot hold: %j', (change, reason) => {
    expect(judge({}, {}, told({ ...IMAGE, ...change })).checks['image']).toEqual(['fail', reason]);
  });

  it('does not measure an image against a flavor without a disk of its own', () => {
    const flavors = told([{ ...SMALL, disk: 0 }]);
    expect(judge({}, { flavors }, told({ ...IMAGE, min_disk: 40 })).checks['image']).toEqual([
      'pass',
      'image debian is active and fits into m1.small',
    ]);
  });

  it('judges key pair, groups and zone only where they are wanted', () => {
    const facts = {
      keyPairs: told(['mine']),
      groups: told([
        { id: 'g1', name: 'web' },
        { id: 'g2', name: 'web' },
        { id: 'g3', name: 'db' },
      ]),
      zones: told([
        { zoneName: 'a', zoneState: { available: true } },
        { zoneName: 'b', zoneState: { available: false } },
      ]),
    };
    expect(Object.keys(judge({}, facts).checks)).toEqual(['flavor', 'image', 'host_capacity']);
    const good = judge({ key_name: 'mine', security_groups: ['db'], availability_zone: 'a:host' }, facts).checks;
    expect(good).toMatchObject({
      key_pair: ['pass', 'key pair mine is there'],
      security_group: ['pass', 'security group db is there'],
      availability_zone: ['pass', 'availability zone a is available'],
    });
    const bad = judge({ key_name: 'x', security_groups: ['web'], availability_zone: 'b' }, facts).checks;
    expect(bad['key_pair']).toEqual(['fail', 'the user of clouds.yaml has no key pair "x"']);
    expect(bad['security_group']).toEqual(['fail', '"web" is the name of 2 security groups']);
    expect(bad['availability_zone']).toEqual(['fail', 'availability zone b is not available']);
  });

  it('has no check of the hosts where only administrators are told of them', () => {
    expect(judge({}, { hosts: undefined }).checks).not.toHaveProperty('host_capacity');
  });

  it.each([
    [HOST, ['pass', 'a host has room now']],
    [
      { ...HOST, free_ram_mb: -500 },
      ['unknown', 'no host has that much free; whether the cloud overcommits its hosts is not told'],
    ],
    [{ ...HOST, memory_mb: 1024, free_ram_mb: 1024 }, ['fail', 'no host that is up is as large as m1.small']],
    [{ ...HOST, state: 'down' }, ['fail', 'no host that is up is as large as m1.small']],
    [{ state: 'up', status: 'enabled' }, ['unknown', 'the cloud does not tell how large its hosts are']],
  ])('says of a host %j what can be said', (host, verdict) => {
    expect(judge({}, { hosts: told([host]) }).checks['host_capacity']).toEqual(verdict);
  });
});

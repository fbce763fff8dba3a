import { describe, expect, it } from 'vitest';

import { changesOf, compareCommon, dueMark } from './neutron-comparing.ts';
import { compareInterface } from './router-interface.ts';
import { compareRouter } from './router.ts';
import { compareSubnet } from './subnet.ts';

const MARK = { owner: '0198f3a0-0000-7000-8000-000000000001', key: 'network', generation: 1 };
const TEXT = `groundwork owner=${MARK.owner} key=network generation=1`;

describe('comparing what Neutron has', () => {
  it('compares name, administrative state and status', () => {
    const compare = (observed: object) => compareCommon({ name: 'n' }, { name: 'n', status: 'ACTIVE', ...observed });
    expect(compare({})).toEqual([]);
    expect(compare({ name: 'm' })).toEqual([{ field: 'name', wanted: 'n', actual: 'm', fix: 'update' }]);
    expect(compare({ admin_state_up: false })).toEqual([
      { field: 'admin_state_up', wanted: true, actual: false, fix: 'update' },
    ]);
    expect(compare({ status: 'ERROR', name: 'm' })).toEqual([
      { field: 'status', wanted: 'ACTIVE', actual: 'ERROR', fix: 'replace' },
    ]);
  });

  it('wants its mark back, and leaves what somebody wrote instead', () => {
    expect(dueMark(TEXT, MARK)).toBeUndefined();
    expect(dueMark(`see wiki. ${TEXT}`, MARK)).toBeUndefined();
    expect(dueMark('', MARK)).toBe(TEXT);
    expect(dueMark('see wiki', MARK)).toBe(`${TEXT} see wiki`);
    expect(dueMark(TEXT.replace('generation=1', 'generation=2'), MARK)).toBe(TEXT);
    expect(dueMark('x'.repeat(255), MARK)).toHaveLength(255);
  });

  it('puts everything that differs into one call', async () => {
    const differences = [
      { field: 'name', wanted: 'n', actual: 'm', fix: 'update' },
      { field: 'fixed_ip', wanted: '10.0.0.4', actual: null, fix: 'update' },
      { field: 'cidr', wanted: 'a', actual: 'b', fix: 'replace' },
    ] as const;
    const fields = await changesOf(differences, ({ field }) => (field === 'fixed_ip' ? { fixed_ips: [] } : undefined));
    expect(fields).toEqual({ name: 'n', fixed_ips: [] });
  });
});

describe('comparing a subnet', () => {
  const right = {
    name: 's',
    network_id: 'n',
    cidr: '10.0.1.0/24',
    gateway_ip: '10.0.1.1',
    dns_nameservers: ['a', 'b'],
  };
  const wanted = { name: 's', network_id: 'n', cidr: '10.0.1.0/24', dns_nameservers: ['a', 'b'] };
  const outputs = { gateway_ip: '10.0.1.1' };

  it('compares addresses as Neutron keeps them', () => {
    expect(compareSubnet(wanted, right, outputs)).toEqual([]);
    expect(compareSubnet({ ...wanted, cidr: '10.0.1.7/24' }, right, outputs)).toEqual([]);
    expect(compareSubnet({ ...wanted, cidr: '10.0.128.0/23' }, { ...right, cidr: '10.0.128.0/23' }, outputs)).toEqual(
      [],
    );
    expect(compareSubnet({ ...wanted, cidr: '10.0.1.0/25' }, right, outputs)).toMatchObject([
      { field: 'cidr', fix: 'replace' },
    ]);
  });

  it('finds other name servers, their order being wanted too, and another or no gateway', () => {
    expect(compareSubnet(wanted, { ...right, dns_nameservers: ['b', 'a'] }, outputs)).toMatchObject([
      { field: 'dns_nameservers', fix: 'update' },
    ]);
    const { gateway_ip: _, ...closed } = right;
    expect(compareSubnet(wanted, { ...closed, enable_dhcp: false }, outputs)).toEqual([
      { field: 'gateway_ip', wanted: '10.0.1.1', actual: null, fix: 'update' },
      { field: 'enable_dhcp', wanted: true, actual: false, fix: 'update' },
    ]);
    expect(compareSubnet(wanted, closed, {})).toEqual([]);
  });
});

describe('comparing a router', () => {
  const id = '1979771c-7fe0-424a-93fc-6b454fec06f3';
  const open = { gateway_id: id, external_network: 'public' };

  it('knows its external network by name and by id', () => {
    expect(compareRouter({ external_network: 'public' }, open)).toEqual([]);
    expect(compareRouter({ external_network: id }, open)).toEqual([]);
    expect(compareRouter({ external_network: null }, {})).toEqual([]);
    expect(compareRouter({ external_network: 'public' }, { gateway_id: id })).toEqual([]);
  });

  it('finds a gateway that is missing, too much, or another one', () => {
    const difference = { field: 'external_network', fix: 'update' };
    expect(compareRouter({ external_network: 'public' }, {})).toEqual([
      { ...difference, wanted: 'public', actual: null },
    ]);
    expect(compareRouter({ external_network: null }, open)).toEqual([
      { ...difference, wanted: null, actual: 'public' },
    ]);
    expect(compareRouter({ external_network: 'dmz' }, open)).toEqual([
      { ...difference, wanted: 'dmz', actual: 'public' },
    ]);
    const other = 'c19ba03c-61e0-4b30-ae1f-6d9e01462f57';
    expect(compareRouter({ external_network: other }, { gateway_id: id })).toEqual([
      { ...difference, wanted: other, actual: id },
    ]);
  });

  it('finds an interface that was taken off its router', () => {
    const wanted = { router_id: 'r', subnet_id: 's' };
    expect(compareInterface(wanted, { router_id: 'r', subnet_id: 's' })).toEqual([]);
    expect(compareInterface(wanted, { router_id: '', subnet_id: 's' })).toMatchObject([
      { field: 'router_id', fix: 'replace' },
    ]);
    expect(compareInterface(wanted, { router_id: 'r', subnet_id: 's', admin_state_up: false })).toMatchObject([
      { field: 'admin_state_up', fix: 'update' },
    ]);
  });
});

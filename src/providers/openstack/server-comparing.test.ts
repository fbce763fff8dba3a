import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../domain/json.ts';
import { compareServer } from './server-comparing.ts';

const MARK = { groundwork_owner: 'o', groundwork_key: 'server/web/0' };
const WANTED: JsonObject = {
  name: 'web-0',
  flavor: 'm1.small',
  image: 'debian',
  network_id: 'n1',
  fixed_ip: '10.0.1.5',
  metadata: { tier: 'web' },
};
const RIGHT: JsonObject = {
  name: 'web-0',
  status: 'ACTIVE',
  flavor: 'm1.small',
  addresses: { net: ['10.0.1.5'] },
  security_groups: ['default'],
  metadata: { tier: 'web', ...MARK },
  mark: MARK,
};

const compare = (observed: JsonObject, wanted: JsonObject = {}, outputs: JsonObject = {}) =>
  compareServer({ ...WANTED, ...wanted }, { ...RIGHT, ...observed }, outputs);

describe('comparing a server with what is wanted of it', () => {
  it('finds nothing where all is right, and what others have added is theirs', () => {
    expect(compare({})).toEqual([]);
    expect(compare({ metadata: { tier: 'web', ...MARK, backup: 'daily' } })).toEqual([]);
  });

  it.each([
    ['SHUTOFF', 'update'],
    ['PAUSED', 'update'],
    ['SUSPENDED', 'update'],
    ['RESCUE', 'update'],
    ['SHELVED_OFFLOADED', 'update'],
    ['VERIFY_RESIZE', 'update'],
    ['ERROR', 'replace'],
  ])('finds one in %s to be active, by %s', (status, fix) => {
    expect(compare({ status })).toMatchObject([{ field: 'status', wanted: 'ACTIVE', fix }]);
  });

  it('says with ERROR what the cloud says about it', () => {
    const fault = { code: 500, message: 'No valid host was found. ' };
    expect(compare({ status: 'ERROR', fault })).toMatchObject([{ actual: 'ERROR: No valid host was found.' }]);
    expect(compare({ status: 'ERROR' })).toMatchObject([{ actual: 'ERROR' }]);
  });

  it.each([
    { status: 'RESIZE', task_state: 'resize_prep' },
    { status: 'SHUTOFF', task_state: 'powering-on' },
    { status: 'VERIFY_RESIZE', under_way: 'confirmResize' },
    { status: 'ERROR', task_state: 'deleting' },
    { status: 'BUILD' },
    { status: 'REBUILD' },
    { status: 'MIGRATING' },
    { status: 'UNKNOWN' },
  ])('says nothing of one that is being changed: %j', (state) => {
    expect(compare({ ...state, name: 'other', flavor: 'm1.tiny' })).toEqual([]);
  });

  it('knows a flavor by name and by id', () => {
    expect(compare({ flavor_id: '2' }, { flavor: '2' })).toEqual([]);
    expect(compare({ flavor_id: '2' }, { flavor: '3' })).toEqual([
      { field: 'flavor', wanted: '3', actual: 'm1.small', fix: 'update' },
    ]);
    expect(compare({ flavor: 'm1.tiny' })).toMatchObject([{ field: 'flavor', wanted: 'm1.small', actual: 'm1.tiny' }]);
  });

  it('tells a wrong address, of which only another server helps, from an interface that was taken off', () => {
    expect(compare({ addresses: { net: ['10.0.1.9'] } })).toEqual([
      { field: 'fixed_ip', wanted: '10.0.1.5', actual: '10.0.1.9', fix: 'replace' },
    ]);
    expect(compare({ addresses: {} })).toEqual([
      { field: 'interface', wanted: '10.0.1.5', actual: null, fix: 'update' },
    ]);
    expect(compare({ addresses: { renamed: ['10.0.1.5'] } })).toEqual([]);
  });

  it('compares security groups as a set of names, with the one that Nova gives', () => {
    expect(compare({ security_groups: ['web', 'db', 'web'] }, { security_groups: ['db', 'web'] })).toEqual([]);
    expect(compare({ security_groups: ['web'] })).toEqual([
      { field: 'security_groups', wanted: ['default'], actual: ['web'], fix: 'update' },
    ]);
    const id = '8fbffcf7-5c01-4738-95c6-45c6277701af';
    expect(compare({}, { security_groups: [id] })).toEqual([]);
    const { security_groups: _, ...untold } = RIGHT;
    expect(compareServer({ ...WANTED, security_groups: ['web'] }, untold, {})).toEqual([]);
  });

  it('finds metadata that are missing, changed or no longer wanted, the mark among them', () => {
    expect(compare({ metadata: { tier: 'app' } })).toEqual([
      { field: 'metadata.tier', wanted: 'web', actual: 'app', fix: 'update' },
      { field: 'metadata.groundwork_owner', wanted: 'o', actual: null, fix: 'update' },
      { field: 'metadata.groundwork_key', wanted: 'server/web/0', actual: null, fix: 'update' },
    ]);
    expect(compare({}, { metadata: {} }, { metadata_keys: ['tier'] })).toEqual([
      { field: 'metadata.tier', wanted: null, actual: 'web', fix: 'update' },
    ]);
  });

  it('finds another name', () => {
    expect(compare({ name: 'other' })).toEqual([{ field: 'name', wanted: 'web-0', actual: 'other', fix: 'update' }]);
  });
});

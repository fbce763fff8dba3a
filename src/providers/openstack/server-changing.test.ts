import { afterEach, describe, expect, it } from 'vitest';

import type { CannedAnswer, CannedCloud, CannedRequest } from '../../../tests/kit/canned-cloud.ts';
import { openCannedCloud } from '../../../tests/kit/canned-cloud.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Driver } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { readCloud } from './clouds-yaml.ts';
import { createOpenStackRegion } from './region.ts';
import { nextOrder } from './server-changing.ts';
import { compareServer } from './server-comparing.ts';

const WANTED: JsonObject = {
  name: 'web-0',
  flavor: 'm1.small',
  image: 'debian',
  network_id: 'n1',
  fixed_ip: '10.0.1.5',
  security_groups: ['web', 'default'],
  metadata: { tier: 'web' },
};
const RIGHT: JsonObject = {
  name: 'web-0',
  status: 'ACTIVE',
  flavor: 'm1.small',
  addresses: { net: ['10.0.1.5'] },
  security_groups: ['default', 'web'],
  metadata: { tier: 'web', theirs: 'x' },
};
const WRONG: JsonObject = {
  name: 'other',
  flavor: 'm1.tiny',
  addresses: {},
  security_groups: ['db', 'default'],
  metadata: { tier: 'app', old: 'x', theirs: 'x' },
};
const OUTPUTS = { metadata_keys: ['tier', 'old'] };

function changeOf(observed: JsonObject) {
  const seen = { ...RIGHT, ...observed };
  return { wanted: WANTED, observed: seen, differences: compareServer(WANTED, seen, OUTPUTS) };
}

describe('choosing what to do with a server', () => {
  it.each([
    ['SHUTOFF', 'os-start'],
    ['PAUSED', 'unpause'],
    ['SUSPENDED', 'resume'],
    ['RESCUE', 'unrescue'],
    ['SHELVED', 'unshelve'],
    ['SHELVED_OFFLOADED', 'unshelve'],
  ])('leads one in %s out of it by %s, whatever else differs', (status, deed) => {
    expect(nextOrder(changeOf({ ...WRONG, status }))).toEqual({ do: deed });
  });

  it('confirms a resize that leads to the wanted flavor, and takes back any other', () => {
    expect(nextOrder(changeOf({ status: 'VERIFY_RESIZE' }))).toEqual({ do: 'confirmResize' });
    expect(nextOrder(changeOf({ status: 'VERIFY_RESIZE', flavor: 'm1.large' }))).toEqual({ do: 'revertResize' });
  });

  it('goes through everything that differs in one order', () => {
    const seen: JsonObject = { ...RIGHT, ...WRONG };
    const cures: JsonObject[] = [
      { flavor: 'm1.small' },
      { addresses: { net: ['10.0.1.5'] } },
      { security_groups: ['default', 'web'] },
      { metadata: { tier: 'web' } },
      { name: 'web-0' },
    ];
    const orders = cures.map((cure) => {
      const order = nextOrder(changeOf(seen));
      Object.assign(seen, cure);
      return order;
    });
    expect(orders).toEqual([
      { do: 'resize', flavor: 'm1.small' },
      { do: 'attach' },
      { do: 'groups', add: ['web'], remove: ['db'] },
      { do: 'metadata', set: { tier: 'web' }, remove: ['old'] },
      { do: 'rename', name: 'web-0' },
    ]);
    expect(nextOrder(changeOf(seen))).toBeUndefined();
  });

  it('does nothing about what only another server helps', () => {
    expect(nextOrder(changeOf({ addresses: { net: ['10.0.1.9'] } }))).toBeUndefined();
    expect(nextOrder(changeOf({ status: 'ERROR' }))).toBeUndefined();
  });
});

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const ctx = { signal: new AbortController().signal, beforeEffect: () => Promise.resolve() };
const MARK = { owner: '0198f3a0-0000-7000-8000-000000000001', key: 'server/web/0', generation: 1 };
const REF = { providerId: 's1', mark: MARK, wanted: WANTED };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function open(
  answers: (request: CannedRequest) => CannedAnswer | undefined,
): Promise<{ canned: CannedCloud; driver: Driver }> {
  const canned = await openCannedCloud((request) => answers(request) ?? shelf(request));
  const cloudsYamlText = `clouds: {lab: {auth: {auth_url: "${canned.url}", username: u, password: p, project_name: p}}}`;
  const cloud = readCloud({ cloudsYamlText, env: {}, cloudName: 'lab', path: 'clouds.yaml' });
  const region = createOpenStackRegion({ name: 'here', cloud, log });
  cleanups.push(
    () => region.close(),
    () => canned.close(),
  );
  return { canned, driver: region.driver('openstack.server')! };
}

function shelf({ path, method }: CannedRequest): CannedAnswer {
  if (path.endsWith('/flavors')) return { body: { flavors: [{ id: '2', name: 'm1.small' }] } };
  return { status: method === 'GET' ? 404 : 202, body: { itemNotFound: { code: 404, message: 'not found' } } };
}

const sent = ({ requests }: CannedCloud) =>
  requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => `${method} ${path.replace('/compute/v2.1/servers/s1', '')} ${body}`);

const failedResize = (details?: string): CannedAnswer => ({
  body: {
    instanceAction: {
      action: 'resize',
      request_id: 'req-of-the-cloud',
      message: 'Error',
      events: ['cold_migrate', 'conductor_migrate_server'].map((event) => ({
        event,
        result: 'Error',
        ...(details !== undefined && { details }),
      })),
    },
  },
});

describe('changing a server', () => {
  it('sends each order as Nova wants it', async () => {
    const { canned, driver } = await open(() => undefined);
    const states: JsonObject[] = [
      { status: 'SHUTOFF' },
      { flavor: 'm1.tiny' },
      { addresses: {} },
      { security_groups: ['db', 'default'] },
      { metadata: { theirs: 'x' } },
      { metadata: { tier: 'web', old: 'x', theirs: 'x' } },
      { name: 'other' },
    ];
    for (const state of states) await driver.update!(REF, changeOf(state), ctx);
    expect(sent(canned)).toEqual([
      'POST /action {"os-start":null}',
      'POST /action {"resize":{"flavorRef":"2"}}',
      'POST /os-interface {"interfaceAttachment":{"net_id":"n1","fixed_ips":[{"ip_address":"10.0.1.5"}]}}',
      'POST /action {"addSecurityGroup":{"name":"web"}}',
      'POST /action {"removeSecurityGroup":{"name":"db"}}',
      'POST /metadata {"metadata":{"tier":"web"}}',
      'PUT /metadata {"metadata":{"tier":"web","theirs":"x"}}',
      'PUT  {"server":{"name":"web-0"}}',
    ]);
  });

  it('says that no host takes a resize, instead of ordering it again and again', async () => {
    const { canned, driver } = await open(({ path }) =>
      path.includes('os-instance-actions') ? failedResize() : undefined,
    );
    await driver.update!(REF, changeOf({ flavor: 'm1.tiny' }), ctx);
    const again = driver.update!(REF, changeOf({ flavor: 'm1.tiny' }), ctx);
    const failure = await again.then(() => undefined, driver.classify);
    expect(failure).toMatchObject({ class: 'permanent', type: 'NoValidHost', requestId: 'req-of-the-cloud' });
    expect(failure?.message).toBe(
      'Nova gave up to resize server web-0 to m1.small: cold_migrate: Error, conductor_migrate_server: Error (no valid host was found; the cloud shows members only this)',
    );
    expect(sent(canned)).toHaveLength(1);
    expect(canned.requests.at(-1)?.path).toMatch(/\/os-instance-actions\/req-of-the-cloud$/);
    await driver.update!(REF, changeOf({ flavor: 'm1.tiny' }), ctx);
    expect(sent(canned)).toHaveLength(2); // whoever asks after that means it anew
  });

  it('gives the reason itself where the cloud tells it', async () => {
    const details = 'No valid host was found. No valid host found for resize';
    const { driver } = await open(({ path }) =>
      path.includes('os-instance-actions') ? failedResize(details) : undefined,
    );
    await driver.update!(REF, changeOf({ flavor: 'm1.tiny' }), ctx);
    const again = driver.update!(REF, changeOf({ flavor: 'm1.tiny' }), ctx);
    const failure = await again.then(() => undefined, driver.classify);
    expect(failure?.message).toBe(`Nova gave up to resize server web-0 to m1.small: ${details}`);
  });

  it('orders again what somebody undid', async () => {
    const { canned, driver } = await open(({ path }) =>
      path.includes('os-instance-actions')
        ? { body: { instanceAction: { action: 'start', request_id: 'r', message: null, events: [] } } }
        : undefined,
    );
    for (let count = 0; count < 2; count += 1) await driver.update!(REF, changeOf({ status: 'SHUTOFF' }), ctx);
    expect(sent(canned)).toHaveLength(2);
  });

  it('waits for a confirmation that it ordered, which the server does not show', async () => {
    const server = { id: 's1', name: 'web-0', status: 'VERIFY_RESIZE', metadata: {} };
    const { canned, driver } = await open(({ method, path }) =>
      method === 'GET' && path.endsWith('/detail') ? { body: { servers: [server] } } : undefined,
    );
    const look = async () => (await driver.observe([REF], ctx)).get('s1')!;
    expect(driver.compare!(WANTED, await look(), {})).not.toEqual([]);
    await driver.update!(REF, changeOf({ status: 'VERIFY_RESIZE' }), ctx);
    expect(driver.compare!(WANTED, await look(), {})).toEqual([]);
    expect(driver.assess(WANTED, await look())).toEqual({ state: 'pending', detail: 'VERIFY_RESIZE, confirmResize' });
    expect(sent(canned)).toHaveLength(1);
  });

  it('takes a confirmation that is under way, and groups that are as wanted, for done', async () => {
    const { canned, driver } = await open(({ body }) => {
      const message = body.includes('confirmResize') ? 'Instance has not been resized.' : 'Duplicate items in the list';
      if (body.includes('removeSecurityGroup')) {
        return {
          status: 404,
          body: { itemNotFound: { code: 404, message: 'Security group db not associated with the instance s1' } },
        };
      }
      return body === '' ? undefined : { status: 400, body: { badRequest: { code: 400, message } } };
    });
    await driver.update!(REF, changeOf({ status: 'VERIFY_RESIZE' }), ctx);
    await driver.update!(REF, changeOf({ security_groups: ['db', 'default'] }), ctx);
    expect(sent(canned)).toHaveLength(3);
  });
});

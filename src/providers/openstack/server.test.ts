import { afterEach, describe, expect, it } from 'vitest';

import type { CannedAnswer, CannedCloud, CannedRequest } from '../../../tests/kit/canned-cloud.ts';
import { openCannedCloud } from '../../../tests/kit/canned-cloud.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Driver, Region, ResourceRef } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { readCloud } from './clouds-yaml.ts';
import { createOpenStackRegion } from './region.ts';

const OWNER = '0198f3a0-0000-7000-8000-000000000001';
const IMAGE_ID = '5afeba0d-d25e-41b5-8694-d8e2ebb00253';
const WANTED = { name: 'web-0', flavor: 'm1.small', image: 'debian', network_id: 'n1', fixed_ip: '10.0.1.5' };
const MARK = { owner: OWNER, key: 'server/web/0', generation: 1 };

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const ctx = { signal: new AbortController().signal, beforeEffect: () => Promise.resolve() };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Opened {
  readonly canned: CannedCloud;
  readonly region: Region;
  readonly driver: Driver;
}

/** @param answers by method and path; flavors and one image are there unless they say otherwise. */
async function open(answers: (request: CannedRequest) => CannedAnswer | undefined): Promise<Opened> {
  const canned = await openCannedCloud((request) => answers(request) ?? shelf(request));
  const cloudsYamlText = `clouds: {lab: {auth: {auth_url: "${canned.url}", username: u, password: p, project_name: p}}}`;
  const cloud = readCloud({ cloudsYamlText, env: {}, cloudName: 'lab', path: 'clouds.yaml' });
  const region = createOpenStackRegion({ name: 'here', cloud, log });
  cleanups.push(
    () => region.close(),
    () => canned.close(),
  );
  return { canned, region, driver: region.driver('openstack.server')! };
}

function shelf({ method, path }: CannedRequest): CannedAnswer {
  if (path.endsWith('/flavors')) return { body: { flavors: [{ id: '2', name: 'm1.small' }] } };
  if (path.endsWith('/images')) return { body: { images: [{ id: IMAGE_ID, name: 'debian', status: 'active' }] } };
  if (method === 'POST') return { status: 202, body: { server: { id: 's1', adminPass: 'hidden' } } };
  return { status: 404, body: { itemNotFound: { code: 404, message: 'not found' } } };
}

const post = (canned: CannedCloud) =>
  JSON.parse(canned.requests.find(({ method }) => method === 'POST')?.body ?? '{}') as JsonObject;
const count = (canned: CannedCloud, end: string) => canned.requests.filter(({ path }) => path.endsWith(end)).length;

describe('making a server', () => {
  it('sends names as ids, user data as base64, and the mark', async () => {
    const { canned, driver } = await open(() => undefined);
    const wanted = {
      ...WANTED,
      key_name: 'k',
      security_groups: ['web'],
      user_data: 'grüße',
      metadata: { tier: 'web', groundwork_owner: 'somebody else' },
      availability_zone: 'az1',
    };
    expect(await driver.create(wanted, MARK, ctx)).toEqual({ providerId: 's1' });
    expect(post(canned)).toEqual({
      server: {
        name: 'web-0',
        flavorRef: '2',
        imageRef: IMAGE_ID,
        networks: [{ uuid: 'n1', fixed_ip: '10.0.1.5' }],
        key_name: 'k',
        security_groups: [{ name: 'web' }],
        user_data: Buffer.from('grüße').toString('base64'),
        metadata: {
          tier: 'web',
          groundwork_owner: OWNER,
          groundwork_key: 'server/web/0',
          groundwork_generation: '1',
          deployment_id: OWNER,
        },
        availability_zone: 'az1',
        tags: [`groundwork.${OWNER}`],
      },
    });
  });

  it('looks flavor and image up once for many servers', async () => {
    const { canned, driver } = await open(() => undefined);
    await Promise.all(Array.from({ length: 6 }, () => driver.create(WANTED, MARK, ctx)));
    expect([count(canned, '/flavors'), count(canned, '/images'), count(canned, '/servers')]).toEqual([1, 1, 6]);
  });

  it('forgets what it looked up when the cloud says that it is not there', async () => {
    const refusal = { status: 400, body: { badRequest: { code: 400, message: 'Flavor 2 could not be found.' } } };
    const { canned, driver } = await open(({ method }) => (method === 'POST' ? refusal : undefined));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure = await driver.create(WANTED, MARK, ctx).catch(driver.classify);
      expect(failure).toMatchObject({ type: 'FlavorNotFound', requestId: 'req-of-the-cloud' });
    }
    expect(count(canned, '/flavors')).toBe(2);
  });

  it('takes an id before a name, and sees a flavor that is new', async () => {
    let listings = 0;
    const { canned, driver } = await open(({ path }) => {
      if (!path.endsWith('/flavors')) return undefined;
      const added = (listings += 1) > 1 ? [{ id: '9', name: 'm1.new' }] : [];
      return { body: { flavors: [{ id: '2', name: 'm1.small' }, { id: '3', name: '2' }, ...added] } };
    });
    await driver.create({ ...WANTED, flavor: '2' }, MARK, ctx);
    expect(post(canned)['server']).toMatchObject({ flavorRef: '2' });
    await driver.create({ ...WANTED, flavor: 'm1.new' }, MARK, ctx);
    expect(listings).toBe(2);
  });

  it.each([
    [
      'of which there are two',
      [
        { id: 'a', status: 'active' },
        { id: 'b', status: 'active' },
      ],
      'ImageAmbiguous',
      'a, b',
    ],
    ['that is not active', [{ id: 'a', status: 'queued' }], 'ImageNotActive', 'queued'],
    ['that is not there', [], 'ImageNotFound', 'debian'],
  ])('refuses an image %s before it asks for a server', async (...row) => {
    const [, images, type, words] = row;
    const { canned, driver } = await open(({ path }) => (path.endsWith('/images') ? { body: { images } } : undefined));
    const failure = await driver.create(WANTED, MARK, ctx).catch(driver.classify);
    expect(failure).toMatchObject({ class: 'permanent', type });
    expect(JSON.stringify(failure)).toContain(words);
    expect(count(canned, '/servers')).toBe(0);
  });

  it('ignores an inactive image beside an active one of the same name', async () => {
    const images = [
      { id: 'old', status: 'deactivated' },
      { id: 'new', status: 'active' },
    ];
    const { canned, driver } = await open(({ path }) => (path.endsWith('/images') ? { body: { images } } : undefined));
    await driver.create(WANTED, MARK, ctx);
    expect(post(canned)['server']).toMatchObject({ imageRef: 'new' });
  });
});

describe('observing servers', () => {
  const ref = (providerId: string): ResourceRef => ({ providerId, mark: MARK, wanted: WANTED });
  const isDetail = ({ path }: CannedRequest) => path.endsWith('/servers/detail');
  const active = (id: string) => ({ id, name: id, status: 'ACTIVE' });

  it('asks once for all, by the tags of their owners', async () => {
    const { canned, driver } = await open((request) =>
      isDetail(request) ? { body: { servers: [active('a'), active('b'), active('other')] } } : undefined,
    );
    expect([...(await driver.observe([ref('a'), ref('b')], ctx)).keys()]).toEqual(['a', 'b']);
    expect(canned.requests.map(({ query }) => query.toString())).toEqual([`tags-any=groundwork.${OWNER}`]);
  });

  it('asks nothing for nobody', async () => {
    const { canned, driver } = await open(() => undefined);
    expect((await driver.observe([], ctx)).size).toBe(0);
    expect(canned.requests).toEqual([]);
  });

  it('asks for few missing ones by id, and for many by one list of names', async () => {
    const { canned, driver } = await open((request) => {
      if (isDetail(request)) return { body: { servers: [] } };
      return request.path.endsWith('/servers') ? { body: { servers: [] } } : undefined;
    });
    await driver.observe([ref('a'), ref('b')], ctx);
    expect(canned.requests.map(({ path }) => path.split('/servers')[1])).toEqual(['/detail', '/a', '/b']);
    canned.requests.length = 0;
    await driver.observe(['a', 'b', 'c', 'd', 'e'].map(ref), ctx);
    expect(canned.requests.map(({ path }) => path.split('/servers')[1])).toEqual(['/detail', '']);
  });

  it('takes an outage for an outage, never for an absence', async () => {
    const { driver } = await open((request) =>
      isDetail(request)
        ? { body: { servers: [] } }
        : { status: 500, body: { computeFault: { code: 500, message: 'x' } } },
    );
    await expect(driver.observe([ref('a')], ctx)).rejects.toThrow('500');
  });

  it('takes what is soft-deleted for gone, and waits for the end of a deletion', async () => {
    const servers = [
      { ...active('a'), status: 'DELETED' },
      { ...active('b'), status: 'SOFT_DELETED' },
    ];
    const { driver } = await open((request) => (isDetail(request) ? { body: { servers } } : undefined));
    expect([...(await driver.observe([ref('a'), ref('b')], ctx)).keys()]).toEqual(['a']);
  });

  it('fetches the fault that a list leaves out', async () => {
    const broken = { id: 'a', name: 'a', status: 'ERROR' };
    const fault = { code: 500, message: 'No valid host was found. ' };
    const { driver } = await open((request) =>
      isDetail(request) ? { body: { servers: [broken] } } : { body: { server: { ...broken, fault } } },
    );
    const observed = (await driver.observe([ref('a')], ctx)).get('a');
    expect(driver.assess(WANTED, observed ?? {})).toMatchObject({ state: 'failed', failure: { type: 'NoValidHost' } });
  });

  it('finds only what carries the mark of the owner', async () => {
    const metadata = { groundwork_owner: OWNER, groundwork_key: 'server/web/0', groundwork_generation: '2' };
    const servers = [
      { ...active('mine'), metadata, created: '2026-11-21T05:00:00Z' },
      { ...active('tagged-only'), metadata: {} },
      { ...active('foreign'), metadata: { ...metadata, groundwork_owner: 'x' } },
    ];
    const { driver } = await open((request) => (isDetail(request) ? { body: { servers } } : undefined));
    expect(await driver.find(OWNER, ctx)).toEqual([
      {
        providerId: 'mine',
        kind: 'openstack.server',
        mark: { owner: OWNER, key: 'server/web/0', generation: 2 },
        createdAt: '2026-11-21T05:00:00Z',
      },
    ]);
  });
});

import { getEventListeners } from 'node:events';

import { afterEach, describe, expect, it } from 'vitest';

import type { Region } from '../../ports/driver.ts';
import type { Logger } from '../../ports/logger.ts';
import { noMeasurements } from '../../ports/measurements.ts';
import type { CannedAnswer, CannedCloud, CannedRequest } from '../../../tests/kit/canned-cloud.ts';
import { openCannedCloud } from '../../../tests/kit/canned-cloud.ts';
import { ManualClock } from '../../../tests/kit/manual-clock.ts';
import { createClient } from './client.ts';
import type { Cloud } from './cloud.ts';
import { createCloud } from './cloud.ts';
import { readCloud } from './clouds-yaml.ts';
import { classify } from './classify.ts';
import { createIdentity } from './identity.ts';
import { Limiter } from './limiter.ts';
import { createOpenStackRegion } from './region.ts';

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const ctx = { signal: new AbortController().signal, beforeEffect: () => Promise.resolve() };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function configOf(url: string) {
  const cloudsYamlText = `clouds: {lab: {auth: {auth_url: "${url}", username: u, password: hunter2, project_name: p}}}`;
  return readCloud({ cloudsYamlText, env: {}, cloudName: 'lab', path: 'clouds.yaml' });
}

interface Opened {
  readonly canned: CannedCloud;
  readonly cloud: Cloud;
  readonly clock: ManualClock;
}

async function open(answer: (request: CannedRequest) => CannedAnswer): Promise<Opened> {
  const canned = await openCannedCloud(answer);
  const clock = new ManualClock();
  const config = configOf(canned.url);
  const limiter = new Limiter({ concurrency: 8, ratePerSecond: 1000, burst: 1000 }, clock);
  const client = createClient({
    region: 'here',
    tls: config.tls,
    limiter,
    log,
    measurements: noMeasurements,
    timeoutMs: 5000,
    connections: 8,
  });
  const identity = createIdentity({ cloud: config, client, clock, log });
  cleanups.push(
    () => client.close(),
    () => canned.close(),
  );
  return { canned, clock, cloud: createCloud({ config, client, identity }) };
}

const get = (cloud: Cloud) => cloud.get<{ ok: boolean }>({ service: 'network', path: '/networks/1' }, ctx);

describe('the token', () => {
  it('is fetched once for many who ask at the same time, and kept', async () => {
    const { canned, cloud } = await open(() => ({ body: { ok: true } }));
    await Promise.all(Array.from({ length: 5 }, () => get(cloud)));
    await get(cloud);
    expect(canned.logins).toHaveLength(1);
    expect(canned.requests.every(({ headers }) => headers['x-auth-token'] === 'token-1')).toBe(true);
  });

  it('is renewed before it expires', async () => {
    const { canned, cloud, clock } = await open(() => ({}));
    await get(cloud);
    await clock.advance(3600_000 - 2 * 60_000 - 1000);
    await get(cloud);
    expect(canned.logins).toHaveLength(1);
    await clock.advance(2000);
    await get(cloud);
    expect(canned.logins).toHaveLength(2);
    expect(canned.requests.at(-1)?.headers['x-auth-token']).toBe('token-2');
  });

  it('serves on while Keystone is away, until it really expires', async () => {
    const { canned, cloud, clock } = await open(() => ({}));
    await get(cloud);
    canned.loginAnswer = { status: 503 };
    await clock.advance(3600_000 - 60_000);
    await get(cloud);
    expect(canned.requests.at(-1)?.headers['x-auth-token']).toBe('token-1');
    await clock.advance(60_000);
    expect(classify(await get(cloud).catch((error: unknown) => error))).toMatchObject({
      class: 'transient',
      type: 'CloudUnavailable',
    });
  });

  it('is renewed once, by one login, for all whose token was refused', async () => {
    const { canned, cloud } = await open(({ headers }) =>
      headers['x-auth-token'] === 'token-1' ? { status: 401 } : { body: { ok: true } },
    );
    const answers = await Promise.all(Array.from({ length: 4 }, () => get(cloud)));
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ ok: true })));
    expect(canned.logins).toHaveLength(2);
  });

  it('that is refused again is an outage, not a wrong password', async () => {
    const { canned, cloud } = await open(() => ({ status: 401 }));
    const failure = classify(await get(cloud).catch((error: unknown) => error));
    expect(failure).toMatchObject({ class: 'transient', type: 'Unauthorized' });
    expect(canned.logins).toHaveLength(2);
    expect(canned.requests).toHaveLength(2);
  });

  it('asks for leave again before it repeats a change with a new token', async () => {
    let leaves = 0;
    const careful = { ...ctx, beforeEffect: () => Promise.resolve(void (leaves += 1)) };
    const { cloud } = await open(({ headers }) => (headers['x-auth-token'] === 'token-1' ? { status: 401 } : {}));
    await cloud.change('POST', { service: 'network', path: '/networks', body: {} }, careful);
    expect(leaves).toBe(2);
  });

  it('is refused for good when the credentials are wrong, without showing them', async () => {
    const { canned, cloud } = await open(() => ({}));
    canned.loginAnswer = {
      status: 401,
      body: { error: { code: 401, message: 'requires authentication', title: 'U' } },
    };
    const error: unknown = await get(cloud).catch((thrown: unknown) => thrown);
    expect(classify(error)).toMatchObject({ class: 'permanent', type: 'AuthenticationFailed' });
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('listing', () => {
  const list = (cloud: Cloud, service: 'compute' | 'network' | 'image', noun: string) =>
    cloud.list<{ id: number }>({ service, path: `/${noun}`, query: new URLSearchParams({ limit: '2' }) }, noun, ctx);

  it('follows the links of Nova, even when the last page turns out to be empty', async () => {
    const { canned, cloud } = await open(({ query }) =>
      query.has('marker')
        ? { body: { servers: [] } }
        : {
            body: {
              servers: [{ id: 1 }, { id: 2 }],
              // The scheme and host of a Nova behind a proxy that does not tell it its name.
              servers_links: [{ rel: 'next', href: 'http://inside.invalid/v2.1/servers?limit=2&marker=2' }],
            },
          },
    );
    expect(await list(cloud, 'compute', 'servers')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(canned.requests.map(({ query }) => query.toString())).toEqual(['limit=2', 'limit=2&marker=2']);
    expect(canned.requests[0]?.headers['openstack-api-version']).toBe('compute 2.79');
    expect(canned.requests[0]?.headers['x-openstack-nova-api-version']).toBe('2.79');
  });

  it('follows the links of Neutron forward, not back', async () => {
    const { cloud } = await open(({ query }) => {
      const previous = { rel: 'previous', href: 'http://n/v2.0/networks?limit=2&page_reverse=True' };
      if (query.get('marker') === '2') return { body: { networks: [{ id: 3 }], networks_links: [previous] } };
      const next = { rel: 'next', href: 'http://n/v2.0/networks?limit=2&marker=2' };
      return { body: { networks: [{ id: 1 }, { id: 2 }], networks_links: [next, previous] } };
    });
    expect(await list(cloud, 'network', 'networks')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it('follows the path of Glance', async () => {
    const { canned, cloud } = await open(({ query }) =>
      query.has('marker')
        ? { body: { images: [{ id: 2 }], first: '/v2/images?limit=2' } }
        : { body: { images: [{ id: 1 }], next: '/v2/images?limit=2&marker=1' } },
    );
    expect(await list(cloud, 'image', 'images')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(canned.requests.map(({ path }) => path)).toEqual(['/image/v2/images', '/image/v2/images']);
  });

  it.each([
    ['a page that holds no list', { body: { hello: 'I am a proxy' } }],
    ['links that go round', { body: { networks: [{ id: 1 }], networks_links: [{ rel: 'next', href: '?marker=1' }] } }],
  ])('does not take %s for the end of the list', async (_title, answer) => {
    const { cloud } = await open(() => answer);
    const failure = classify(await list(cloud, 'network', 'networks').catch((error: unknown) => error));
    expect(failure).toMatchObject({ class: 'transient', type: 'CloudError' });
  });
});

describe('a signal that many calls share', () => {
  it('is left as it was found', async () => {
    const { cloud } = await open(({ path }) => (path.endsWith('/2') ? { status: 500 } : { body: { networks: [] } }));
    const { signal } = new AbortController();
    const shared = { ...ctx, signal };
    const paths = ['/networks/1', '/networks/2', '/networks'];
    await Promise.allSettled(paths.map((path) => cloud.get({ service: 'network', path }, shared)));
    await cloud.list({ service: 'compute', path: '/networks' }, 'networks', shared);
    await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('pinging a region', () => {
  async function ping(region: Region) {
    cleanups.push(() => region.close());
    return region.ping(AbortSignal.timeout(5000));
  }

  it('tells latency, project, endpoints and microversion', async () => {
    const { canned } = await open(() => ({ body: { flavors: [] } }));
    const { detail } = await ping(createOpenStackRegion({ name: 'here', cloud: configOf(canned.url), log }));
    expect(detail).toMatchObject({
      project_id: 'p1',
      microversion: '2.79',
      microversion_offered: '2.93',
      server_tags: true,
      endpoints: { network: `${canned.url}/network/v2.0` },
    });
  });

  it('says in one sentence which cloud cannot be used, why, and what to do', async () => {
    const { canned } = await open(() => ({}));
    canned.loginAnswer = { status: 401 };
    await expect(ping(createOpenStackRegion({ name: 'here', cloud: configOf(canned.url), log }))).rejects.toThrow(
      /^cloud lab at http.*cannot be used: identity refused POST \/auth\/tokens with 401: .*\. Check user, password/,
    );
  });
});

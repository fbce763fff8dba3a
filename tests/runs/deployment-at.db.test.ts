/**
 * The deployment as it was: what GET returned at some time is what `at` returns for that time, whatever happened before,
 * between and after.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { Deployment } from '../../src/contract/deployment.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion, MemoryFault, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: '${flavor}', image: 'linux', count: 2, min_count: 1, max_count: 4 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, router: {} },
  parameters: { type: 'object', properties: { flavor: { type: 'string' } } },
};

let database: TestDatabase;
let house: House;
const regions: MemoryRegion[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  house = await openHouse(database.url, regions);
  await house.app.createTemplate(caller, TEMPLATE);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

type Deed = 'scale out' | 'scale in' | 'condition' | 'delete' | 'retry' | 'cancel';
const story = fc.record({
  buildLooks: fc.nat({ max: 2 }),
  /** The nth create of each life fails. */
  failing: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  policy: fc.constantFrom('rollback' as const, 'hold' as const),
  deeds: fc.array(fc.constantFrom<Deed>('scale out', 'scale in', 'condition', 'delete', 'retry', 'cancel'), {
    minLength: 1,
    maxLength: 4,
  }),
  /** Whether a deed waits for the run before it. */
  patient: fc.boolean(),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Stories that are always told. */
const EXAMPLES: [Story][] = [
  [
    {
      buildLooks: 2,
      failing: undefined,
      policy: 'rollback',
      deeds: ['scale out', 'condition', 'scale in'],
      patient: true,
    },
  ],
  [{ buildLooks: 1, failing: 4, policy: 'hold', deeds: ['cancel', 'delete'], patient: true }],
];

interface Shot {
  /** Right before it was asked for, by the clock of the database. */
  readonly asked: string;
  readonly deployment: Deployment;
}

/** Reads again and again until told to stop. */
function photograph(id: string) {
  const shots: Shot[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const asked = await now();
      shots.push({ asked, deployment: await house.app.getDeployment(id) });
    }
  })();
  return {
    shots,
    async end() {
      stop.abort();
      await reading;
    },
  };
}

async function now(): Promise<string> {
  const { rows } = await house.pool.query<{ now: string }>('select clock_timestamp() as now');
  return rows[0]?.now ?? '';
}

async function settled(id: string): Promise<void> {
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;
}

async function live({ buildLooks, failing, policy, deeds, patient }: Story): Promise<{ id: string; shots: Shot[] }> {
  const region = createMemoryRegion(`region-${regions.length}`, { buildLooks });
  regions.push(region);
  let creations = 0;
  region.before = ({ verb }) => {
    if (verb === 'create' && creations++ === failing) throw new MemoryFault({ class: 'permanent', type: 'Quota' });
  };
  const parameters = { web_count: 2, flavor: 'small' };
  const body = { name: 'job', template: 'stack', cloud_region: region.name, failure_policy: policy, parameters };
  const { id } = await house.app.createDeployment(caller, body, {});
  const camera = photograph(id);
  for (const deed of deeds) {
    if (patient) await settled(id);
    // What a deployment in this state does not allow is refused, and the story goes on.
    await perform(id, deed).catch(() => {});
  }
  await settled(id);
  await camera.end();
  return { id, shots: camera.shots };
}

async function perform(id: string, deed: Deed): Promise<unknown> {
  const { app, store } = house;
  const scale = (count: number) =>
    app.scaleDeployment(caller, id, { vm_type: 'web', target_count: count }, { dryRun: false });
  switch (deed) {
    case 'scale out':
      return scale(3);
    case 'scale in':
      return scale(1);
    case 'condition': {
      const condition = { type: 'Drifted', status: 'True', reason: 'Test', message: `at ${Math.random()}` } as const;
      return store.deployments.setCondition(id, condition);
    }
    case 'delete':
      return app.deleteDeployment(caller, id);
    case 'retry':
      return app.retryDeployment(caller, id);
    case 'cancel':
      return app.cancelDeployment(caller, id);
  }
}

/** Two differ in the time that was left only because they were not asked at the same moment. */
function withoutEta({ progress, ...same }: Deployment): object {
  return { ...same, order: Object.keys(same.parameters), progress: progress && { ...progress, eta_ms: null } };
}

describe('the deployment at a time', () => {
  it('is what was shown then', { timeout: 120_000 }, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(story, async (one) => {
        const { id, shots } = await live(one);
        for (const { deployment } of shots) seen.add(`${deployment.status} ${deployment.progress?.run_kind}`);
        const distinct = new Map(shots.map((shot) => [shot.deployment.updated_at, shot]));
        expect(distinct.size).toBeGreaterThan(1);
        for (const { deployment } of distinct.values()) {
          const then = await house.app.getDeployment(id, deployment.updated_at);
          expect(withoutEta(then)).toEqual(withoutEta(deployment));
        }
      }),
      { numRuns: 12, examples: EXAMPLES },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['SCALING scale', 'FAILED deploy', 'IN_PROGRESS rollback']));
  });

  it('is what was shown by a clock on the wall, between two changes', async () => {
    const { id, shots } = await live({
      buildLooks: 2,
      failing: undefined,
      policy: 'rollback',
      deeds: ['delete'],
      patient: true,
    });
    const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
    // A commit follows its event by moments; a shot that was asked for after the last event and before the next is certain.
    const quiet = shots.filter(({ asked, deployment }, index) => {
      const next = items.find(({ at }) => at > deployment.updated_at);
      const following = shots[index + 1]?.asked;
      return asked > deployment.updated_at && (!next || (following !== undefined && next.at > following));
    });
    expect(quiet.length).toBeGreaterThan(3);
    for (const { asked, deployment } of quiet) {
      const then = await house.app.getDeployment(id, asked);
      expect(withoutEta(then)).toEqual(withoutEta(deployment));
      const [eta, etaThen] = [deployment.progress?.eta_ms ?? 0, then.progress?.eta_ms ?? 0];
      expect(Math.abs(eta - etaThen)).toBeLessThan(250);
    }
  });

  it('does not depend on how the time is written', async () => {
    const { id } = await live({
      buildLooks: 0,
      failing: undefined,
      policy: 'rollback',
      deeds: ['condition'],
      patient: true,
    });
    const { updated_at: at } = await house.app.getDeployment(id);
    const local = new Date(Date.parse(at) + 2 * 3_600_000).toISOString().slice(0, 19);
    const withOffset = `${local}${at.slice(19, -1)}+02:00`;
    const [utc, offset] = [await house.app.getDeployment(id, at), await house.app.getDeployment(id, withOffset)];
    expect(offset).toEqual(utc);
  });

  it('is not there before its creation', async () => {
    const before = await now();
    const { id } = await live({
      buildLooks: 0,
      failing: undefined,
      policy: 'rollback',
      deeds: ['condition'],
      patient: true,
    });
    await expect(house.app.getDeployment(id, before)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('events', () => {
  it('of a deployment never go back in time, and the last is when it was updated', async () => {
    const { id } = await live({ buildLooks: 1, failing: 3, policy: 'hold', deeds: ['retry', 'delete'], patient: true });
    const { items } = await house.app.listEvents(id, { after: 0, limit: 1000 });
    const times = items.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
    expect((await house.app.getDeployment(id)).updated_at).toBe(times.at(-1));
  });
});

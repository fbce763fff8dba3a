/**
 * Seeing before: what a dry run tells, what is refused, how quota is reserved, and applying exactly what was shown. On the
 * real database, with a cloud in memory that nobody works on: accepted runs wait, so everything that they take is reserved
 * and nothing is used.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/app/app.ts';
import type { CreateDeploymentBody } from '../../src/contract/deployment.ts';
import { GroundworkError } from '../../src/domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion, type MemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: {
    web: { flavor: '${flavor}', image: 'linux', count: 2 },
    db: { flavor: 'large', image: 'linux', count: 0 },
  },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' } },
  parameters: { type: 'object', properties: { flavor: { type: 'string', default: 'small' } } },
};
const PRICES = { currency: 'EUR', flavors: { small: 0.04, large: 0.3 } };

/** Ten networks that took 1 to 10 seconds. */
const PAST = `with deployment as (
    insert into deployments (id, name, status, region, template_name, template_version, parameters, failure_policy, config)
    values ($1::uuid, 'past', 'DELETED', 'experienced', 'stack', 1, '{}', 'rollback', '{}')
  ), run as (
    insert into runs (id, deployment_id, kind, plan, total, estimated_ms, status, finished_at)
    values ($1::uuid, $1::uuid, 'deploy', '{"nodes": []}', 0, 0, 'succeeded', now())
  )
  insert into run_nodes (run_id, phase, key, kind, region, action, state, started_at, finished_at)
  select $1::uuid, 'forward', 'network/' || i, 'memory.network', 'experienced', 'present', 'done',
         now() - make_interval(secs => i), now()
    from generate_series(1, 10) i`;

let database: TestDatabase;
let house: House;
let regionNumber = 0;
let region: MemoryRegion;
const regions: MemoryRegion[] = Array.from({ length: 40 }, (_, index) => createMemoryRegion(`region-${index}`));

beforeAll(async () => {
  database = await createTestDatabase();
  house = await openHouse(database.url, [...regions, createMemoryRegion('experienced')], 'none');
  await house.app.createTemplate(caller, TEMPLATE);
  await house.pool.query(PAST, ['019aa000-0000-7000-8000-000000000000']);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});
/** A region of its own for each test: nothing is removed here, so reservations stay. */
beforeEach(() => {
  region = regions[regionNumber]!;
  regionNumber += 1;
});

function body(more: Partial<CreateDeploymentBody> = {}): CreateDeploymentBody {
  return { name: 'job', template: 'stack', cloud_region: region.name, ...more };
}

const deploy = (more: Partial<CreateDeploymentBody> = {}, options = {}) =>
  house.app.createDeployment(caller, body(more), options);

async function refusal(promise: Promise<unknown>): Promise<GroundworkError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GroundworkError) return error;
  throw new Error(`it was not refused but ${error === undefined ? 'accepted' : String(error)}`);
}

describe('a dry run', () => {
  it('tells checks, estimate and cost of every node, and quota, cost and duration of the whole', async () => {
    region.limits = { instances: 10 };
    region.judge = (kind) =>
      kind === 'memory.server' ? [{ what: 'image', verdict: 'pass', reason: 'it exists' }] : [];
    house.terms.set(region.name, { prices: PRICES });
    await deploy({ parameters: { web_count: 3 } });
    const shown = await house.app.planDeployment(body());
    const node = (key: string) => shown.plan.nodes.find((one) => one.key === key);
    expect(node('server/web/1')).toMatchObject({
      checks: [
        { what: 'image', verdict: 'pass' },
        { what: 'quota', verdict: 'pass' },
      ],
      estimate: { p50_ms: null, p90_ms: null, samples: 0, basis: 'no history' },
      cost: { currency: 'EUR', per_hour: 0.04, per_month: 29.2, unknown: [] },
    });
    expect(node('network')?.cost).toBeNull();
    expect(shown.plan).toMatchObject({
      verdict: 'pass',
      cost: { per_hour: 0.08, per_month: 58.4 },
      cost_today: { per_hour: 0 },
      cost_difference: { per_month: 58.4 },
      duration: { p90_ms: null },
      quota: expect.arrayContaining([
        { name: 'instances', limit: 10, used: 0, reserved: 3, needed: 2, verdict: 'pass' },
      ]),
      budgets: [],
    });
    expect(shown).toMatchObject({ plan_id: expect.any(String), plan_expires_at: expect.any(String) });
  });

  it('knows p50 and p90 where nodes of the kind were made before', async () => {
    const { plan } = await house.app.planDeployment(body({ cloud_region: 'experienced' }));
    const estimates = new Map(plan.nodes.map(({ key, estimate }) => [key, estimate]));
    expect(estimates.get('network')).toEqual({ p50_ms: 5500, p90_ms: 9100, samples: 10, basis: 'history' });
    expect(estimates.get('subnet/web')?.basis).toBe('no history');
    expect(plan.duration).toMatchObject({ without_history: ['memory.server present', 'memory.subnet present'] });
  });

  it('says unknown where there is no price, and where the cloud does not answer', async () => {
    region.before = ({ verb }) => {
      if (verb === 'feasibility' || verb === 'quotas') throw new Error('out of order');
    };
    const { plan } = await house.app.planDeployment(body());
    expect(plan.verdict).toBe('unknown');
    expect(plan.cost).toEqual({ currency: null, per_hour: null, per_month: null, unknown: ['small'] });
    expect(plan.nodes.find(({ key }) => key === 'server/web/1')?.checks).toMatchObject([
      { what: 'feasibility', verdict: 'unknown', reason: expect.stringContaining('out of order') },
    ]);
  });

  it('asks the cloud once for many that ask the same', async () => {
    await Promise.all(Array.from({ length: 20 }, () => house.app.planDeployment(body())));
    const asked = region.calls.filter(({ verb }) => verb === 'feasibility' || verb === 'quotas');
    expect(asked.map(({ verb, kind }) => `${verb} ${kind}`).toSorted()).toEqual([
      'feasibility memory.network',
      'feasibility memory.server',
      'feasibility memory.subnet',
      'quotas ',
    ]);
  });
});

describe('accepting', () => {
  it('refuses what surely cannot work: one fault for each cause, at the parameter or field', async () => {
    region.judge = (kind, wanted) => {
      if (kind !== 'memory.server') return [];
      if (wanted['flavor'] === 'huge')
        return [{ what: 'flavor', verdict: 'fail', reason: 'there is no flavor huge', remedy: 'Use one of: small.' }];
      return [{ what: 'image', verdict: 'fail', reason: 'the image linux is gone' }];
    };
    const { code, faults } = await refusal(deploy({ parameters: { flavor: 'huge', web_count: 20, db_count: 1 } }));
    expect(code).toBe('infeasible');
    expect(faults).toMatchObject([
      {
        pointer: '/parameters/flavor',
        detail: 'server/web/1 and 19 more cannot be made: there is no flavor huge',
        value: 'huge',
        remedy: 'Use one of: small.',
      },
      { pointer: '/template/vm_config/db/image', value: 'linux', detail: expect.stringContaining('server/db/1') },
    ]);
  });

  it('goes on regardless when it is told to skip the checks, and reserves all the same', async () => {
    region.limits = { instances: 3 };
    region.judge = () => [{ what: 'flavor', verdict: 'fail', reason: 'no' }];
    await deploy({ parameters: { web_count: 5 } }, { skipChecks: true });
    region.judge = () => [];
    const { plan } = await house.app.planDeployment(body());
    expect(plan.quota?.find(({ name }) => name === 'instances')).toMatchObject({ reserved: 5, verdict: 'fail' });
  });

  it('goes on when the cloud does not answer in time', async () => {
    region.before = ({ verb }, signal) => {
      if (verb !== 'feasibility' && verb !== 'quotas') return undefined;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const began = performance.now();
    await expect(deploy()).resolves.toMatchObject({ status: 'PENDING' });
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('refuses what exceeds a quota, with all numbers and the runs that hold it', async () => {
    region.limits = { instances: 4 };
    const { id } = await deploy({ parameters: { web_count: 3 } });
    const [run] = (await house.app.listRuns(id)).items;
    const { code, detail, faults } = await refusal(deploy());
    expect(code).toBe('quota_exceeded');
    expect(detail).toContain('instances: 0 used + 3 reserved + 2 needed is more than the limit of 4');
    expect(faults).toMatchObject([
      {
        value: {
          quota: 'instances',
          limit: 4,
          used: 0,
          reserved: 3,
          needed: 2,
          reserved_by: [{ run_id: run?.id, deployment_id: id, amount: 3 }],
        },
      },
    ]);
    await expect(deploy({ parameters: { web_count: 1 } })).resolves.toMatchObject({ status: 'PENDING' });
  });

  it('does not refuse on an old reading of the quotas', async () => {
    region.limits = { instances: 1 };
    expect((await refusal(deploy())).code).toBe('quota_exceeded');
    region.limits = { instances: 2 };
    await expect(deploy()).resolves.toMatchObject({ status: 'PENDING' });
  });
});

describe('two that fit alone and not together', () => {
  it.each(Array.from({ length: 8 }, (_, round) => [round]))(
    'at the same moment: one is accepted (round %i)',
    async () => {
      region.limits = { instances: 5 };
      const orders = Array.from({ length: 6 }, () => deploy({ parameters: { web_count: 3 } }));
      const ends = await Promise.allSettled(orders);
      const codes = ends.map((end) => (end.status === 'fulfilled' ? 'accepted' : (end.reason as GroundworkError).code));
      expect(codes.toSorted()).toEqual(['accepted', ...Array.from({ length: 5 }, () => 'quota_exceeded')]);
    },
  );

  it('many small ones fill a quota to the last and not beyond', async () => {
    region.limits = { instances: 23 };
    const ends = await Promise.allSettled(Array.from({ length: 30 }, () => deploy({ parameters: { web_count: 1 } })));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(23);
  });
});

describe('a reservation', () => {
  const held = async () => {
    const since = await house.store.reservations.now();
    const all = await house.store.reservations.held(region.name, since);
    return all.reduce((sum, { uses }) => sum + (uses['instances'] ?? 0), 0);
  };

  it('shrinks as the cloud comes to count what is made, and ends with its run', async () => {
    const { id } = await deploy({ parameters: { web_count: 3 } });
    const [run] = (await house.app.listRuns(id)).items;
    const runId = run?.id ?? '';
    const lease = (await house.store.runs.claim(runId, 'test'))!;
    const { plan } = await house.store.runs.begin(lease);
    const node = plan.nodes.find(({ key }) => key === 'server/web/1')!;
    expect(await held()).toBe(3);
    const intent = { owner: id, generation: 1, wanted: node.wanted };
    const resource = await house.store.ledger.intend(lease, 'forward', node, intent);
    expect(await held()).toBe(3);
    const before = await house.store.reservations.now();
    await house.store.ledger.recordProviderId(lease, resource, 'vm-1');
    expect(await held()).toBe(2);
    const sinceBefore = await house.store.reservations.held(region.name, before);
    expect(sinceBefore[0]?.uses['instances']).toBe(3);
    const end = { error: null, deploymentStatus: 'FAILED', leftOver: [], thenDelete: false } as const;
    await house.store.runs.finish(lease, { ...end, status: 'failed' });
    expect(await held()).toBe(0);
    region.limits = { instances: 0 };
    await house.app.retryDeployment(caller, id);
    expect(await held(), 'a retry is not refused, and reserves what is still to be made').toBe(2);
  });
});

describe('a budget', () => {
  it('of a deployment is kept to the cent', async () => {
    house.terms.set(region.name, { prices: PRICES });
    const budget = { amount_per_month: 58.4, currency: 'EUR' };
    await expect(deploy({ budget })).resolves.toMatchObject({ status: 'PENDING' });
    const { code, faults } = await refusal(deploy({ budget, parameters: { web_count: 3 } }));
    expect(code).toBe('over_budget');
    expect(faults).toMatchObject([
      { pointer: '/budget', value: { budget: 58.4, added_per_month: 87.6, sum_per_month: 87.6, running_per_month: 0 } },
    ]);
  });

  it('of a region counts what was accepted by others, also at the same moment, and is not skipped', async () => {
    house.terms.set(region.name, { prices: PRICES, budgetPerMonth: 100 });
    const ends = await Promise.allSettled(Array.from({ length: 5 }, () => deploy({}, { skipChecks: true })));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { code, faults } = await refusal(deploy());
    expect(code).toBe('over_budget');
    expect(faults[0]?.value).toMatchObject({ accepted_per_month: 58.4, added_per_month: 58.4, sum_per_month: 116.8 });
    const { plan } = await house.app.planDeployment(body());
    expect(plan.budgets).toMatchObject([{ of: 'region', verdict: 'fail', sum_per_month: 116.8 }]);
  });

  it('refuses a cost that cannot be told', async () => {
    house.terms.set(region.name, { prices: PRICES });
    const order = { budget: { amount_per_month: 1e6, currency: 'EUR' }, parameters: { flavor: 'odd' } };
    expect((await refusal(deploy(order))).detail).toContain('odd has no price');
    expect((await refusal(deploy({ budget: { amount_per_month: 1e6, currency: 'USD' } }))).detail).toContain(
      'prices are in EUR',
    );
  });
});

describe('a plan that was shown', () => {
  const show = async (more: Partial<CreateDeploymentBody> = {}) =>
    (await house.app.planDeployment(body(more))).plan_id ?? '';

  it('is applied exactly, without the body, and once', async () => {
    const shown = await house.app.planDeployment(body({ parameters: { web_count: 1 } }));
    const planId = shown.plan_id ?? '';
    const { id } = await house.app.createDeployment(caller, null, { planId });
    const [run] = (await house.app.listRuns(id)).items;
    const applied = await house.app.getRun(id, run?.id ?? '');
    expect(applied.nodes.map(({ key }) => key)).toEqual(shown.plan.nodes.map(({ key }) => key));
    const metadata = shown.plan.nodes.find(({ key }) => key === 'server/web/1')?.wanted['metadata'];
    expect(metadata).toMatchObject({ deployment_id: id });
    expect((await refusal(house.app.createDeployment(caller, null, { planId }))).code).toBe('plan_applied');
  });

  it('is applied once, however many ask at the same moment', async () => {
    const planId = await show();
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, () => house.app.createDeployment(caller, null, { planId })),
    );
    const codes = ends.map((end) => (end.status === 'fulfilled' ? 'accepted' : (end.reason as GroundworkError).code));
    expect(codes.toSorted()).toEqual(['accepted', ...Array.from({ length: 7 }, () => 'plan_applied')]);
  });

  it('takes the body of its own request, in any order of keys, and no other', async () => {
    const planId = await show({ parameters: { web_count: 1 } });
    const other = house.app.createDeployment(caller, body({ parameters: { web_count: 2 } }), { planId });
    expect((await refusal(other)).code).toBe('invalid_request');
    const { name, template, cloud_region } = body();
    const same = { parameters: { web_count: 1 }, cloud_region, template, name };
    await expect(house.app.createDeployment(caller, same, { planId })).resolves.toMatchObject({ status: 'PENDING' });
  });

  it('is stale when the template has moved, and says what would be different', async () => {
    await house.app.createTemplate(caller, { ...TEMPLATE, name: 'moving' });
    const planId = await show({ template: 'moving' });
    const { name: _, ...template } = TEMPLATE;
    const vm_config = { ...TEMPLATE.vm_config, web: { flavor: 'medium', image: 'linux', count: 3 } };
    await house.app.updateTemplate(caller, 'moving', { ...template, vm_config });
    const { code, faults } = await refusal(house.app.createDeployment(caller, null, { planId }));
    expect(code).toBe('plan_stale');
    expect(faults.map(({ pointer }) => pointer)).toEqual([
      '/template',
      'plan/server/web/1',
      'plan/server/web/2',
      'plan/server/web/3',
    ]);
    expect(faults[0]?.value).toEqual({ template: 'moving', shown: 1, now: 2 });
    expect(faults[1]?.value).toMatchObject({ fields: [{ field: 'wanted.flavor', from: 'small', to: 'medium' }] });
    expect(faults[3]?.detail).toContain('came into the plan');
  });

  it('that is unknown or expired is refused', async () => {
    const planId = '019aa000-0000-7000-8000-000000000000';
    expect((await refusal(house.app.createDeployment(caller, null, { planId }))).code).toBe('not_found');
    const old = await show();
    await house.pool.query('update plans set expires_at = now() where id = $1', [old]);
    expect((await refusal(house.app.createDeployment(caller, null, { planId: old }))).code).toBe('plan_stale');
  });
});

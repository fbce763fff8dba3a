/**
 * Steps begin when their predecessors have ended, yet keep the ordinals of the plan's order: by these alone a replay finds
 * their results, and runs that another version began must be found as well.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { inDependencyOrder, type PlanNode } from '../../src/domain/plan.ts';
import type { Caller } from '../../src/app/app.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { type House, openHouse } from '../kit/house.ts';
import { createMemoryRegion } from '../kit/memory-region.ts';

const caller: Caller = { keyId: 'test', name: 'test', scope: 'admin' };
const TEMPLATE = {
  name: 'stack',
  vm_config: { web: { flavor: 'small', image: 'linux', count: 3 } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' }, router: {} },
};

let database: TestDatabase;
let house: House;

beforeAll(async () => {
  database = await createTestDatabase();
  house = await openHouse(database.url, [createMemoryRegion('here', { buildLooks: 1 })]);
  await house.app.createTemplate(caller, TEMPLATE);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

it('remembers every node under the ordinal of its place in the plan', async () => {
  const body = { name: 'job', template: 'stack', cloud_region: 'here' };
  const { id } = await house.app.createDeployment(caller, body, {});
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;

  const { rows: runs } = await house.pool.query<{ id: string; nodes: PlanNode[] }>(
    `select id, plan->'nodes' as nodes from runs where deployment_id = $1`,
    [id],
  );
  const [run] = runs;
  const { rows: steps } = await house.pool.query<{ ordinal: number; name: string }>(
    'select function_id as ordinal, function_name as name from dbos.operation_outputs where workflow_uuid = $1 order by 1',
    [run?.id],
  );
  const keys = inDependencyOrder(run?.nodes ?? []).map(({ key }) => key);
  const names = ['begin', ...keys, 'decide', 'sweep', 'conclude'];
  expect(keys.length).toBeGreaterThan(7);
  expect(steps.filter(({ name }) => !name.startsWith('DBOS.'))).toEqual(
    names.map((name, ordinal) => ({ ordinal, name })),
  );
});

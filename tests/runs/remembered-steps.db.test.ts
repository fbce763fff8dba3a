/**
 * What the engine remembers of a run. A replay finds results by the ordinal of the call alone, so this list is part of what
 * is stored with every run in flight: whoever changes it gives the workflow a new name.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
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

it('remembers the whole graph as one step, whatever the number of its nodes', async () => {
  const body = { name: 'job', template: 'stack', cloud_region: 'here' };
  const { id } = await house.app.createDeployment(caller, body, {});
  for await (const events of house.app.followEvents(id, 0, AbortSignal.timeout(20_000))) void events;

  const { rows: steps } = await house.pool.query<{ workflow: string; ordinal: number; step: string }>(
    `select w.name as workflow, o.function_id as ordinal, o.function_name as step
       from dbos.operation_outputs o join dbos.workflow_status w using (workflow_uuid)
       join runs r on r.id::text = workflow_uuid where r.deployment_id = $1 order by 2`,
    [id],
  );
  const names = ['begin', 'graph', 'decide', 'sweep', 'conclude'];
  expect(steps.filter(({ step }) => !step.startsWith('DBOS.'))).toEqual(
    names.map((step, ordinal) => ({ workflow: 'carry-out-plan', ordinal, step })),
  );
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewShownPlan } from '../ports/plan-store.ts';
import { acceptance, newRun, openStoreBench, type StoreBench } from './testing/store-bench.ts';

let bench: StoreBench;
beforeAll(async () => {
  bench = await openStoreBench();
});
afterAll(() => bench?.close());

function shownPlan(more: Partial<NewShownPlan> = {}): NewShownPlan {
  const { plan } = newRun();
  const basis = { template: 't', templateVersion: 1, wanted: 'a', ledger: 'b' };
  const request = { zebra: 1, antelope: { y: 1, x: 2 } };
  return { id: randomUUID(), kind: 'deploy', deploymentId: randomUUID(), request, plan, basis, ...more };
}

const claim = (id: string) => bench.store.transaction((transaction) => bench.store.plans.claim(transaction, id));

describe('a plan that was shown', () => {
  it('comes back as it was, the order of its keys included', async () => {
    const shown = shownPlan();
    const { expiresAt } = await bench.store.plans.remember(shown, 60);
    const kept = await bench.store.plans.get(shown.id);
    expect(kept).toMatchObject({ ...shown, expiresAt, isExpired: false, appliedAt: null });
    expect(JSON.stringify([kept?.request, kept?.plan])).toBe(JSON.stringify([shown.request, shown.plan]));
    expect(await bench.store.plans.get(randomUUID())).toBeUndefined();
  });

  it('is claimed once, also by many at the same moment, and never after its time', async () => {
    const [shown, old] = [shownPlan(), shownPlan()];
    await bench.store.plans.remember(shown, 60);
    await bench.store.plans.remember(old, 0);
    const claims = await Promise.all(Array.from({ length: 5 }, () => claim(shown.id)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await claim(old.id)).toBe(false);
    expect(await bench.store.plans.get(old.id)).toMatchObject({ isExpired: true, appliedAt: null });
  });

  it('is forgotten a day after its time', async () => {
    const old = shownPlan();
    await bench.store.plans.remember(old, -86_401);
    await bench.store.plans.remember(shownPlan(), 60);
    expect(await bench.store.plans.get(old.id)).toBeUndefined();
  });

  it('is not applied when the run is not allowed any more: what a guard wrote is undone', async () => {
    const input = acceptance();
    await bench.store.deployments.accept(input);
    const shown = shownPlan();
    await bench.store.plans.remember(shown, 60);
    const accepted = await bench.store.deployments.acceptRun({
      deploymentId: input.deployment.id,
      run: newRun(),
      status: 'UPDATING',
      stillAllowed: () => false,
      events: [],
      guard: async (transaction) => void (await bench.store.plans.claim(transaction, shown.id)),
    });
    expect(accepted).toBe(false);
    expect(await claim(shown.id)).toBe(true);
  });
});

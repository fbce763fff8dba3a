/**
 * What every region must tell before anything is made: what speaks for and against it, what it takes, and how much there
 * is. And what is ours in it, whoever owns it.
 */

import { describe, expect, it } from 'vitest';

import type { Bench, ConformanceTarget } from './bench.ts';
import { freeContext } from './sweep.ts';

export function describeForesight(target: ConformanceTarget, bench: Bench): void {
  describe('asked beforehand', () => {
    for (const { title, kind, wanted, checks, uses } of target.questions) {
      it(`says what it can about ${title}`, async () => {
        const [outlook, ...others] = (await bench.driver(kind).feasibility?.([wanted], freeContext())) ?? [];
        expect(others).toEqual([]);
        expect(outlook?.uses).toEqual(uses);
        expect(outlook?.checks.map(({ what }) => what)).toEqual(Object.keys(checks));
        for (const [what, [verdict, words]] of Object.entries(checks)) {
          const check = outlook?.checks.find((each) => each.what === what);
          expect(check).toMatchObject({ what, verdict });
          expect(check?.reason).toMatch(words);
        }
      });
    }

    it('answers for many as quickly as for one, in their order, and changes nothing', async () => {
      for (const kind of new Set(target.questions.map((question) => question.kind))) {
        const asked = target.questions.filter((question) => question.kind === kind);
        const many = Array.from({ length: 20 }, () => asked).flat();
        const before = bench.tap.calls.length;
        const outlooks = await bench.driver(kind).feasibility?.(
          many.map(({ wanted }) => wanted),
          freeContext(),
        );
        expect(outlooks?.map(({ uses }) => uses)).toEqual(many.map(({ uses }) => uses));
        const calls = bench.tap.calls.slice(before);
        expect(calls.filter(({ method }) => method !== 'GET')).toEqual([]);
        expect(calls.length).toBeLessThan(10);
      }
    });

    it('tells limits and use as the cloud counts them', async () => {
      expect(await bench.region.quotas?.(freeContext())).toMatchObject(target.quotas);
    });

    it('finds everything of ours in a few lists, whoever owns it', async () => {
      const before = bench.tap.calls.length;
      const found = (await bench.region.findAll?.(freeContext())) ?? [];
      expect(bench.tap.calls.length - before).toBeLessThan(10);
      const own = found.filter(({ mark }) => mark.owner === bench.owner);
      const identity = ({ kind, providerId }: { kind: string; providerId: string }) => `${kind} ${providerId}`;
      const made = target.orders.map(({ key, kind }) => identity({ kind, providerId: bench.made(key) }));
      expect(own.map(identity).toSorted()).toEqual(made.toSorted());
      expect(own.map(({ mark }) => mark.key).toSorted()).toEqual(target.orders.map(({ key }) => key).toSorted());
    });
  });
}

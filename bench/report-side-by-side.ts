/**
 * The section that stands beside what others would use.
 */

import { SERVERS } from './contenders/contender.ts';
import type { Machine } from './machine.ts';
import type { Section } from './page.ts';
import { provenance } from './report.ts';
import type { Cost, Result } from './side-by-side.ts';

export const SIDE_BY_SIDE_TITLE = 'Side by side on OpenStack';

/** @param results ours among them, under the name Groundwork */
export function sectionOfSideBySide(results: readonly Result[], machine: Machine): Section {
  const names = results.map(({ name }) => name);
  const steps = [...new Set(results.flatMap(({ noOps }) => Object.keys(noOps)))];
  const rows = [
    row('create', results, ({ create }) => create),
    ...steps.map((step) => row(`nothing to do: ${step}`, results, ({ noOps }) => noOps[step])),
    row('delete', results, ({ remove }) => remove),
  ];
  const head = `| seconds, calls to the cloud, ratio to Groundwork's seconds | ${names.join(' | ')} |\n| --- |${' ---: |'.repeat(names.length)}`;
  const text = [`${provenance(machine)}`, [head, ...rows].join('\n'), verdict(results), METHOD].join('\n\n');
  return { title: SIDE_BY_SIDE_TITLE, text };
}

function row(what: string, results: readonly Result[], costOf: (result: Result) => Cost | undefined): string {
  const ours = results.filter(({ name }) => name === 'Groundwork').map(costOf)[0];
  const cells = results.map((result) => {
    const cost = costOf(result);
    if (!cost) return '';
    const ratio =
      ours && result.name !== 'Groundwork' ? `, × ${(cost.milliseconds / ours.milliseconds).toFixed(2)}` : '';
    return `${(cost.milliseconds / 1000).toFixed(2)} s, ${cost.calls}${ratio}`;
  });
  return `| ${what} | ${cells.join(' | ')} |`;
}

/** Names every step in which somebody is ahead of us, in time or in calls. */
function verdict(results: readonly Result[]): string {
  const ours = results.find(({ name }) => name === 'Groundwork');
  if (!ours) return '';
  const wins = results.filter((result) => result !== ours).flatMap((other) => winsOf(other, ours));
  return wins.length === 0
    ? 'Nobody is ahead of Groundwork in any of these.'
    : `Ahead of Groundwork: ${wins.join('; ')}.`;
}

function winsOf(other: Result, ours: Result): string[] {
  const steps = new Map([
    ['create', [other.create, ours.create]],
    ['delete', [other.remove, ours.remove]],
  ] as const) as Map<string, readonly [Cost, Cost]>;
  for (const [step, cost] of Object.entries(other.noOps)) {
    const own = ours.noOps[step];
    if (own) steps.set(step, [cost, own]);
  }
  return [...steps].flatMap(([step, [theirs, own]]) => {
    const quicker = theirs.milliseconds < own.milliseconds ? ['in time'] : [];
    const thriftier = theirs.calls < own.calls ? ['in calls'] : [];
    const ways = [...quicker, ...thriftier].join(' and ');
    return ways === '' ? [] : [`${other.name} at "${step}" ${ways}`];
  });
}

const METHOD = `The same network, two subnets, router with a gateway, two interfaces and ${SERVERS} servers, on genuine Keystone, Nova, Neutron, Glance and
Placement with a virt driver that boots nothing (\`tests/real/openstack\`), by one after the other, once each, after a server
that warmed the cloud up. The cloud shares the machine's processors with whoever asks it. Calls are what Nova, Neutron, Glance and Placement got
from outside, counted by a proxy in front of them; tokens are not counted.

- **Script** is the floor: it knows what it wants, makes the calls in the best order, four servers at a time, lists to wait,
  and can neither plan, nor record, nor go on after a crash.
- **Groundwork** runs with its defaults. It chooses the address of every server, which the others leave to the cloud.
- **Heat** (19.0, Debian 12) is one process for API and engine, with its defaults but for that, and a template with every server as a resource of
  its own, which serves it best. Its dry run is the preview of an update, its look at the cloud a stack check.
- **Ansible** plays \`openstack.cloud\` 1.10.0 (Debian 12, with the two changes that it needs to run with Debian's SDK), servers in a loop. It has no state, so to find
  that nothing is to be done it looks at the cloud.`;

/**
 * The sections about many deployments and a large ledger.
 */

import {
  ACCEPTS_PER_SECOND,
  ASKED_PER_SECOND,
  DEPLOYMENTS as IN_FLIGHT,
  type ManyInFlight,
  overall,
  QUICK,
  SLOW,
} from './many-in-flight.ts';
import type { Machine } from './machine.ts';
import type { Section } from './page.ts';
import { median, quantile } from './quantiles.ts';
import { type Line, ms, provenance, table } from './report.ts';
import {
  CONNECTIONS,
  DEPLOYMENTS,
  type Elapsed,
  RESOURCES,
  RESOURCES_EACH,
  ROUNDS,
  type WholeLedger,
} from './whole-ledger.ts';

export const IN_FLIGHT_TITLE = `${IN_FLIGHT.toLocaleString('en')} deployments in flight`;
export const LEDGER_TITLE = `${RESOURCES.toLocaleString('en')} resources in the ledger`;

export function sectionOfManyInFlight(measured: ManyInFlight, machine: Machine): Section {
  const { seconds, mostInFlight, memory, probes } = measured;
  const peak = Math.max(...memory.samples);
  const [quiet, during] = [median(probes.quiet), median(probes.during)];
  const lines: Line[] = [
    { what: 'all COMPLETED after', groundwork: `${seconds.toFixed(0)} s` },
    {
      what: 'most in flight at the same time',
      groundwork: String(mostInFlight),
      aim: { text: `${IN_FLIGHT}`, met: mostInFlight >= IN_FLIGHT },
    },
    request('accept', measured.accept),
    request('query of any deployment', overall(measured.query)),
    request('list of deployments', overall(measured.list)),
    { what: 'memory (RSS) before', groundwork: megabytes(memory.before) },
    { what: 'memory (RSS), the most / at the end', groundwork: `${megabytes(peak)} / ${megabytes(memory.after)}` },
    {
      what: 'memory for each deployment in flight',
      groundwork: `${(((peak - memory.before) * 1000) / IN_FLIGHT).toFixed(0)} kB`,
    },
    {
      what: 'a deployment in the other region: p50; baseline: alone on the server',
      groundwork: ms(during),
      baseline: ms(quiet),
      ratio: during / quiet,
    },
    {
      what: 'a deployment in the other region: p90; baseline: alone on the server',
      groundwork: ms(quantile(probes.during, 0.9)),
      baseline: ms(quantile(probes.quiet, 0.9)),
      ratio: quantile(probes.during, 0.9) / quantile(probes.quiet, 0.9),
    },
  ];
  return { title: IN_FLIGHT_TITLE, text: `${provenance(machine)}\n\n${table(lines)}\n\n${IN_FLIGHT_METHOD}` };
}

function request(what: string, { p50, p99, worst }: { p50: number; p99: number; worst: number }): Line {
  return {
    what: `${what} meanwhile: p50 / p99 / worst`,
    groundwork: `${ms(p50)} / ${ms(p99)} / ${ms(worst)}`,
    aim: { text: 'worst < 1000 ms', met: worst < 1000 },
  };
}

function megabytes(amount: number): string {
  return `${amount.toFixed(0)} MB`;
}

const IN_FLIGHT_METHOD = `${IN_FLIGHT} deployments of 6 resources (network, subnet, router, interface, 2 servers) are asked for in one region, ${ACCEPTS_PER_SECOND} a second. Its
cloud takes ${SLOW.everyCall} ms for every call and ${SLOW.serverBuild / 1000} s to build a server, so that all are in flight before the first one ends. Meanwhile ${ASKED_PER_SECOND.query} queries of
single deployments and ${ASKED_PER_SECOND.list} lists a second are sent in an open loop, by processes of their own; of p99 and worst the
highest of any ten seconds is shown. A second region with a quick cloud (a server takes ${QUICK.serverBuild} ms) gets one deployment after the
other, timed from the request to the event that ends its run. Both regions are configured as a file that says nothing about
their pace has it.`;

export function sectionOfWholeLedger({ plan, look, bareLook }: WholeLedger, machine: Machine): Section {
  const own = plan.own + look.own;
  const lines: Line[] = [
    {
      what: `plan of all ${DEPLOYMENTS} deployments, nothing to do: on the clock / our own time`,
      groundwork: both(plan),
    },
    {
      what: 'look for drift at the whole region; baseline: its listings alone',
      groundwork: both(look),
      baseline: both(bareLook),
      ratio: look.wall / bareLook.wall,
    },
    { what: 'our own time, both together', groundwork: ms(own), aim: { text: '≤ 2000 ms', met: own <= 2000 } },
  ];
  return { title: LEDGER_TITLE, text: `${provenance(machine)}\n\n${table(lines)}\n\n${LEDGER_METHOD}` };
}

function both({ wall, own }: Elapsed): string {
  return `${ms(wall)} / ${ms(own)}`;
}

const LEDGER_METHOD = `${DEPLOYMENTS} deployments of ${RESOURCES_EACH} resources stand in one region. **Plan**: a dry run of an update that says what is so already, of each
deployment, ${CONNECTIONS} at a time through the API, remembered and answered like any other. **Look**: what the server does by itself to
find drift: it reads the ledger, lists the region, compares everything, judges what has no owner, and records. Our own time
is the time on the clock without the processor time of the simulated cloud's event loop. Medians of ${ROUNDS}.`;

/**
 * From measurements to a page. Every line stands beside its baseline, measured in the same run, and beside what is aimed at
 * where something is.
 */

import { type AcceptAndQuery, CONNECTIONS, type Latencies, type Pair, RATES, RUNNING } from './accept-and-query.ts';
import type { Machine } from './machine.ts';
import { CONCURRENCY, type Orchestration, RESOURCES, SERVERS } from './orchestration.ts';
import type { Restart } from './restart.ts';

export interface Line {
  readonly what: string;
  readonly groundwork: string;
  readonly baseline?: string;
  readonly ratio?: number;
  readonly aim?: { readonly text: string; readonly met: boolean };
}

export function linesOfAcceptAndQuery(measured: AcceptAndQuery): Line[] {
  const { quiet, running, throughput: rates, footprint, inProgress } = measured;
  const during = `while ${Math.min(...inProgress)} to ${Math.max(...inProgress)} run`;
  return [
    ...linesOfLatencies(quiet, 'quiet'),
    ...linesOfLatencies(running, during, { accept: 25, query: 10 }),
    throughput('queries a second, quiet; baseline makes the same SELECT', rates.view, 0.6),
    throughput('queries a second, quiet; baseline reads one row', rates.row),
    throughput(`queries a second, ${during}; baseline reads one row`, rates.running),
    throughput(`accepts a second, ${during}`, rates.accept),
    { what: 'server memory (RSS), quiet', groundwork: `${footprint.quiet.rss.toFixed(0)} MB` },
    { what: `server memory (RSS), ${RUNNING} run`, ...memory(footprint.running.rss) },
    { what: `server memory (RSS), ${Math.max(...inProgress)} run`, ...memory(footprint.after.rss) },
    ...(footprint.after.peak === undefined
      ? []
      : [{ what: 'server memory, the most there was until then', ...memory(footprint.after.peak) }]),
    { what: 'event loop delay p99, quiet', groundwork: ms(footprint.quiet.loopDelay) },
    { what: `event loop delay p99, ${during}`, groundwork: ms(footprint.after.loopDelay) },
  ];
}

export function linesOfFullSpeed(measured: Latencies & { readonly resourcesPerSecond: number }): Line[] {
  return linesOfLatencies(measured, `at full speed (${measured.resourcesPerSecond} resources a second)`);
}

function linesOfLatencies({ accept, query }: Latencies, when: string, limits?: { accept: number; query: number }) {
  return [
    latency(`accept, ${when}: p50 / p99`, accept, limits?.accept),
    latency(`query, ${when}: p50 / p99`, query, limits?.query),
  ];
}

function latency(what: string, { ours, bare }: Pair, limit?: number): Line {
  return {
    what,
    groundwork: `${ms(ours.p50)} / ${ms(ours.p99)}`,
    baseline: `${ms(bare.p50)} / ${ms(bare.p99)}`,
    ratio: ours.p99 / bare.p99,
    ...(limit === undefined ? {} : { aim: { text: `p99 < ${limit} ms`, met: ours.p99 < limit } }),
  };
}

function throughput(what: string, { ours, bare }: Pair, share?: number): Line {
  const ratio = ours.perSecond / bare.perSecond;
  return {
    what,
    groundwork: ours.perSecond.toFixed(0),
    baseline: bare.perSecond.toFixed(0),
    ratio,
    ...(share === undefined ? {} : { aim: { text: `≥ ${share}`, met: ratio >= share } }),
  };
}

function memory(megabytes: number): Pick<Line, 'groundwork' | 'aim'> {
  return { groundwork: `${megabytes.toFixed(0)} MB`, aim: { text: '< 250 MB', met: megabytes < 250 } };
}

export function linesOfOrchestration({ ours, script, overheadPerResource }: Orchestration): Line[] {
  return [
    {
      what: `network, subnet and ${SERVERS} servers on a cloud without delays`,
      groundwork: ms(ours),
      baseline: ms(script),
      ratio: ours / script,
    },
    {
      what: 'overhead per resource',
      groundwork: ms(overheadPerResource),
      aim: { text: '≤ 10 ms', met: overheadPerResource <= 10 },
    },
  ];
}

export function linesOfRestart({ listening, resumed, worst }: Restart): Line[] {
  return [
    { what: 'restart after kill -9: until it listens (median of 5)', groundwork: ms(listening) },
    {
      what: 'restart after kill -9: until the run goes on (median / worst of 5)',
      groundwork: `${ms(resumed)} / ${ms(worst)}`,
      aim: { text: '≤ 2000 ms', met: resumed <= 2000 },
    },
  ];
}

export function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}

export function renderPage(lines: readonly Line[], machine: Machine): string {
  return `# Benchmarks

Written by \`npm run bench\`; do not edit.

| | |
| --- | --- |
| date | ${machine.date}, commit ${machine.commit} |
| machine | ${machine.hardware} |
| software | ${machine.software} |
| load average before | ${machine.loadBefore.toFixed(2)} |

${table(lines)}

${METHOD}`;
}

/** When and in what company a section was measured: each may be of another day. */
export function provenance({ date, commit, loadBefore }: Machine): string {
  return `Measured ${date} at commit ${commit}; load average before: ${loadBefore.toFixed(2)}.`;
}

export function table(lines: readonly Line[]): string {
  return `| what | Groundwork | baseline | ratio | aim | met |
| --- | ---: | ---: | ---: | --- | --- |
${lines.map(row).join('\n')}`;
}

function row({ what, groundwork, baseline = '', ratio, aim }: Line): string {
  const met = aim === undefined ? '' : aim.met ? 'yes' : 'no';
  return `| ${what} | ${groundwork} | ${baseline} | ${ratio?.toFixed(2) ?? ''} | ${aim?.text ?? ''} | ${met} |`;
}

const METHOD = `## How it was measured

Everything runs on one machine over loopback: the server (\`groundwork start\` with a \`groundwork.yaml\` and the embedded
PostgreSQL, which keeps what it acknowledged over a power cut), the simulated OpenStack, the baseline and the load generator
are processes of their own and share the processors. Absolute figures belong to this machine; ratios travel better.

- **Latencies** are of an open loop: ${RATES.accept} accepts and ${RATES.query} queries a second are sent at fixed times, whether or not earlier
  ones were answered, and time counts from the planned moment. While deployments run, both are offered together.
- **Throughput** is of a closed loop with ${CONNECTIONS} connections: each asks again as soon as it is answered.
- **Quiet** queries show deployments of 14 resources that are COMPLETED, on a server that does nothing else. Quiet accepts
  begin with nothing running and end with ${RUNNING} deployments running, because what is accepted does run.
- **Running** deployments have 14 resources each (network, 3 subnets, router, 3 interfaces, 6 servers) and are being built
  from the first measurement to the last; every accept of the measurement adds one more. The region is configured as a file
  that says nothing about its pace has it: 100 calls to the cloud a second. The cloud's servers take longer than the
  measurement, everything else in it takes no time.
- **At full speed** that limit is lifted, so that everything accepted is built at once: the most work that so many accepts
  can make. Nothing is aimed at there.
- **Baseline** of accepts and queries: Fastify handlers with one INSERT, with one SELECT of one row by primary key, and with
  the SELECT that also gathers the resources of the deployment, through pg with prepared statements on the same PostgreSQL;
  no API key, no validation, no plan, no run. The one row makes an answer of a third of the size.
- **Baseline** of orchestration: a script that makes the same creating calls (${CONCURRENCY} at a time) and waits by listing; it looks for nothing
  first, records nothing and could not continue after a crash. Medians of 5 for ${RESOURCES} resources; ours counts from the request to
  the event that ends the run.
- **Restart**: the server is killed in the middle of a deployment and started again; its PostgreSQL and the cloud survive, as
  they do in life. The run goes on when its first new event is committed.
`;

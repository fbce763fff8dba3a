/**
 * `npm run bench`: measures, prints the table and writes it to docs/benchmarks.md. With the name of a part (`accept`,
 * `full-speed`, `orchestration`, `restart`) it measures only that and writes nothing. Takes about five minutes; leave the machine alone
 * meanwhile.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/main/package-root.ts';
import { measureAcceptAndQuery, measureAtFullSpeed } from './accept-and-query.ts';
import { describeMachine } from './machine.ts';
import { measureOrchestration } from './orchestration.ts';
import {
  type Line,
  linesOfAcceptAndQuery,
  linesOfFullSpeed,
  linesOfOrchestration,
  linesOfRestart,
  renderPage,
} from './report.ts';
import { measureRestart } from './restart.ts';

const PAGE = join(PACKAGE_ROOT, 'docs', 'benchmarks.md');

const PARTS: Readonly<Record<string, () => Promise<Line[]>>> = {
  accept: async () => linesOfAcceptAndQuery(await measureAcceptAndQuery()),
  'full-speed': async () => linesOfFullSpeed(await measureAtFullSpeed()),
  orchestration: async () => linesOfOrchestration(await measureOrchestration()),
  restart: async () => linesOfRestart(await measureRestart()),
};

const asked = process.argv.slice(2);
const machine = await describeMachine();
const lines: Line[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stderr.write(`Measuring: ${name} ...\n`);
  lines.push(...(await measure()));
}
const page = renderPage(lines, machine);
process.stdout.write(`${page}\n`);
if (asked.length === 0) await writeFile(PAGE, page);

/**
 * `npm run bench`: measures, prints the tables and writes them to docs/benchmarks.md. Takes about ten minutes; leave the
 * machine alone meanwhile.
 *
 * With the names of parts (`accept`, `full-speed`, `orchestration`, `restart`, `load`, `ledger`, `side-by-side`) it measures only
 * those and writes nothing, unless `--write` says so: then the sections of `load`, `ledger` and `side-by-side` are put into
 * the page. `side-by-side` is measured only when it is named: it may install Debian's packages.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/main/package-root.ts';
import { measureAcceptAndQuery, measureAtFullSpeed } from './accept-and-query.ts';
import { describeMachine } from './machine.ts';
import { measureManyInFlight } from './many-in-flight.ts';
import { measureOrchestration } from './orchestration.ts';
import { type Section, withSections } from './page.ts';
import { IN_FLIGHT_TITLE, LEDGER_TITLE, sectionOfManyInFlight, sectionOfWholeLedger } from './report-scale.ts';
import { sectionOfSideBySide, SIDE_BY_SIDE_TITLE } from './report-side-by-side.ts';
import {
  type Line,
  linesOfAcceptAndQuery,
  linesOfFullSpeed,
  linesOfOrchestration,
  linesOfRestart,
  renderPage,
} from './report.ts';
import { measureRestart } from './restart.ts';
import { measureSideBySide } from './side-by-side.ts';
import { measureWholeLedger } from './whole-ledger.ts';

const PAGE = join(PACKAGE_ROOT, 'docs', 'benchmarks.md');
const WRITE = '--write';
const ORDER = [IN_FLIGHT_TITLE, LEDGER_TITLE, SIDE_BY_SIDE_TITLE];

/** Lines of the head of the page. */
const HEAD_PARTS: Readonly<Record<string, () => Promise<Line[]>>> = {
  accept: async () => linesOfAcceptAndQuery(await measureAcceptAndQuery()),
  'full-speed': async () => linesOfFullSpeed(await measureAtFullSpeed()),
  orchestration: async () => linesOfOrchestration(await measureOrchestration()),
  restart: async () => linesOfRestart(await measureRestart()),
};

/** A section each; none where it cannot be measured here. */
const SECTION_PARTS: Readonly<Record<string, () => Promise<Section | undefined>>> = {
  load: async () => sectionOfManyInFlight(await measureManyInFlight(), machine),
  ledger: async () => sectionOfWholeLedger(await measureWholeLedger(), machine),
  'side-by-side': async () => {
    const results = await measureSideBySide();
    return results && sectionOfSideBySide(results, machine);
  },
};
const ONLY_WHEN_NAMED = ['side-by-side'];

const words = process.argv.slice(2);
const asked = words.filter((word) => word !== WRITE);
const machine = await describeMachine();
const lines = await measure(HEAD_PARTS);
const sections = (await measure(SECTION_PARTS)).filter((section) => section !== undefined);
const head = lines.length > 0 ? renderPage(lines, machine) : undefined;
process.stdout.write(withSections('', { head, sections, order: ORDER }));
if (asked.length === 0 || words.includes(WRITE)) {
  const page = await readFile(PAGE, 'utf8').catch(() => '');
  await writeFile(PAGE, withSections(page, { head: asked.length === 0 ? head : undefined, sections, order: ORDER }));
}

async function measure<T>(parts: Readonly<Record<string, () => Promise<T | T[]>>>): Promise<T[]> {
  const results: T[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (asked.length === 0 ? ONLY_WHEN_NAMED.includes(name) : !asked.includes(name)) continue;
    process.stderr.write(`Measuring: ${name} ...\n`);
    results.push(...([await part()].flat() as T[]));
  }
  return results;
}

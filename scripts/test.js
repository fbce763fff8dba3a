/**
 * `npm test`: everything that needs Node and npm only. Prepares the checkout first, so it is the one command a newcomer
 * has to know. Arguments go to vitest: `npm test -- scale` runs the files whose path contains "scale",
 * `npm test -- --project crash` another project of vitest.config.ts.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { ensureBuilt, ensureInstalled } from './ensure.js';

try {
  ensureInstalled();
  ensureBuilt();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const asked = process.argv.slice(2);
const hermetic = ['--project', 'unit', '--project', 'integration'];
const vitest = spawn(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...(asked.includes('--project') ? [] : hermetic), ...asked],
  { cwd: root, stdio: 'inherit' },
);
vitest.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => vitest.kill(signal));

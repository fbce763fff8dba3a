#!/usr/bin/env node
/**
 * The `groundwork` command. In a checkout it first installs and compiles what is missing or changed; in a package that
 * carries only compiled files it goes straight to them.
 *
 * No top-level await and no new syntax here: an old Node must get as far as the sentence that names the remedy.
 */
import { existsSync } from 'node:fs';

const version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write(
    'groundwork needs Node.js 20.19 or newer, and this is ' +
      process.versions.node +
      '. Get one from https://nodejs.org.\n',
  );
  process.exit(1);
}

const isCheckout = existsSync(new URL('../src', import.meta.url));
const prepared = isCheckout
  ? import('../scripts/ensure.js').then(({ ensureInstalled, ensureBuilt }) => {
      ensureInstalled();
      ensureBuilt();
    })
  : Promise.resolve();

prepared.then(
  () => import('../dist/src/main/cli.js'),
  (error) => {
    process.stderr.write(`groundwork: ${error.message}\n`);
    process.exit(1);
  },
);

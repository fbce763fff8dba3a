/**
 * Which tests run how. The suffix of a test file tells its cost and picks its project:
 *
 * | project     | files                          | how                                                              |
 * | unit        | `*.test.ts`                    | pure: shared threads, milliseconds each                          |
 * | integration | `*.db.test.ts`, `*.sim.test.ts`, `*.e2e.test.ts` | own process each, one PostgreSQL for the whole run |
 * | crash       | `tests/crash/**`               | real processes killed with SIGKILL: `npm run test:crash`         |
 * | real        | `tests/real/**`                | against servers installed on this machine: `tests/real/run`      |
 *
 * `npm test` runs unit and integration, which need Node and npm only.
 */
import { configDefaults, defineConfig } from 'vitest/config';

import { TallyReporter } from './tests/tally-reporter.ts';

const COSTLY = ['**/*.{db,sim,e2e}.test.ts'];
const APART = ['tests/crash/**', 'tests/real/**'];
const exclude = [...configDefaults.exclude, 'dist/**', '.groundwork/**'];

const needsDatabase = {
  pool: 'forks' as const,
  maxWorkers: 3,
  globalSetup: ['./tests/database-server.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    reporters: ['default', new TallyReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, ...COSTLY, ...APART],
          pool: 'threads',
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: COSTLY,
          exclude: [...exclude, ...APART],
          ...needsDatabase,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'crash',
          include: ['tests/crash/**/*.test.ts'],
          exclude,
          ...needsDatabase,
          testTimeout: 900_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'real',
          include: ['tests/real/**/*.test.ts'],
          exclude,
          ...needsDatabase,
          testTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});

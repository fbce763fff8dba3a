/**
 * Ends every test run with one plain line, `N passed, N failed`, for people and programs that read only the last line.
 *
 * What did not even get to run counts as failed (a file that does not load, a hook that throws, an error nobody
 * caught), and skipped tests are named, so that the line cannot be flattered.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tally = count(modules, unhandled.length);
    const skipped = tally.skipped.map((name) => `SKIPPED: ${name}\n`).join('');
    const empty = tally.passed + tally.failed === 0 ? 'NO TEST RAN\n' : '';
    process.stdout.write(`\n${skipped}${empty}${tally.passed} passed, ${tally.failed} failed\n`);
  }
}

function count(modules: readonly TestModule[], unhandled: number): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): typeof tests => tests.filter((test) => test.result().state === state);
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + brokenContainers(modules) + unhandled,
    skipped: [...inState('skipped'), ...inState('pending')].map(
      (test) => `${test.module.relativeModuleId} > ${test.fullName}`,
    ),
  };
}

/** Files and `describe` blocks that failed by themselves, whatever became of the tests in them. */
function brokenContainers(modules: readonly TestModule[]): number {
  const containers = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  return containers.filter((container) => container.errors().length > 0).length;
}

/**
 * Which runs may still change something without being asked. A held run does not: it waits for a person.
 */

import type { RunSummary } from '../../contract/run.ts';

const ACTIVE: readonly RunSummary['status'][] = ['pending', 'running', 'rolling_back'];

export function isActive(status: RunSummary['status']): boolean {
  return ACTIVE.includes(status);
}

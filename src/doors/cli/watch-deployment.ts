/**
 * Follows a deployment until nothing more happens: the events drive a display, the answer is how it ended. Stopping to
 * watch (Ctrl-C) changes nothing on the server.
 */

import type { ApiClient } from '../../contract/client.ts';
import type { Deployment } from '../../contract/deployment.ts';
import type { DeploymentEvent } from '../../contract/event.ts';
import type { RunSummary } from '../../contract/run.ts';
import { createProgressDisplay } from './display/progress-display.ts';
import type { ProgressDisplay } from './display/progress-display.ts';
import { renderResult } from './display/render-deployment.ts';
import { EXIT, ExitWith } from './exit.ts';
import { isActive } from './run-state.ts';
import { callable } from './callable.ts';
import type { Session } from './session.ts';
import { whenReady } from './when-ready.ts';

export interface Watched {
  readonly deployment: Deployment;
  /** The run that counts; undefined when there never was one. */
  readonly run: RunSummary | undefined;
}

export interface WatchOptions {
  /** Whose end counts; default: the newest run. */
  readonly runId?: string;
  /** How it is to end; default `succeeded`. */
  readonly wants?: RunSummary['status'];
}

/**
 * Watches and shows the end.
 * @throws ExitWith (failed) unless the run ended as it was to, (interrupted) on Ctrl-C
 */
export async function watchAndReport(session: Session, id: string, options: WatchOptions = {}): Promise<void> {
  const { runId, wants = 'succeeded' } = options;
  const { deployment, run } = await watch(session, id, runId);
  if (session.json) session.answer(deployment, () => []);
  else session.say(['', ...renderResult(deployment, session, run)]);
  if (run?.status !== wants) throw new ExitWith(EXIT.failed);
}

async function watch(session: Session, id: string, runId: string | undefined): Promise<Watched> {
  const { client, io } = session;
  const deployment = await whenReady(() => client.call('getDeployment', { params: { id } }));
  const stop = new AbortController();
  const stopListening = io.onInterrupt(() => stop.abort());
  const display = openDisplay(session, deployment);
  try {
    await followRuns({ client, id, display, signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    display.close();
    throw new ExitWith(EXIT.interrupted, stoppedWatching(deployment));
  } finally {
    stopListening();
    display.close();
  }
  const { items } = await whenReady(() => client.call('listRuns', { params: { id } }));
  const after = await whenReady(() => client.call('getDeployment', { params: { id } }));
  return { deployment: after, run: items.find((run) => run.id === runId) ?? items[0] };
}

function stoppedWatching({ name, id }: Deployment): string {
  const called = callable(name, id);
  return `Stopped watching; the run goes on without you. Look again with: groundwork watch ${called}`;
}

const noDisplay: ProgressDisplay = { event: () => {}, learn: () => {}, close: () => {} };

function openDisplay(session: Session, { name, cloud_region: region }: Deployment): ProgressDisplay {
  if (session.json || session.quiet) return noDisplay;
  const { io, color } = session;
  return createProgressDisplay({ stream: io.stdout, color, title: `${name} in ${region}`, now: () => io.now() });
}

export interface FollowInput {
  readonly client: ApiClient;
  readonly id: string;
  readonly display: ProgressDisplay;
  readonly signal?: AbortSignal;
}

/** Feeds a display with the runs that are active, or with the newest one, until no run is active any more. */
export async function followRuns({ client, id, display, signal }: FollowInput): Promise<void> {
  const runs = await whenReady(() => client.call('listRuns', { params: { id } }));
  const belongs = fromRun(runs.items);
  const options = signal === undefined ? {} : { signal };
  for await (const event of client.streamEvents(id, options)) {
    if (!belongs(event)) continue;
    display.event(event);
    if (event.type === 'run.started' || event.type === 'run.rollback') await learn({ client, id, display }, event);
  }
}

/** Events of the first active run (of the newest, when none is active) and of everything after it. */
function fromRun(newestFirst: readonly RunSummary[]): (event: DeploymentEvent) => boolean {
  const active = newestFirst.findLastIndex(({ status }) => isActive(status));
  const past = newestFirst.slice((active < 0 ? 0 : active) + 1).map(({ id }) => id);
  let begun = past.length === 0;
  return (event) => {
    begun ||= event.run_id !== null && !past.includes(event.run_id);
    return begun && (event.run_id === null || !past.includes(event.run_id));
  };
}

async function learn({ client, id, display }: FollowInput, { run_id: runId }: DeploymentEvent): Promise<void> {
  if (runId === null) return;
  try {
    display.learn(await client.call('getRun', { params: { id, run_id: runId } }));
  } catch {
    // Only expected times and pending nodes are missing then; a lasting failure shows on the stream itself.
  }
}

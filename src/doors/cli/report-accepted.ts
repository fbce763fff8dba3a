/**
 * After a request was accepted: watch its run, or say how to.
 */

import type { RunSummary } from '../../contract/run.ts';
import { callable } from './callable.ts';
import type { Session } from './session.ts';
import { watchAndReport } from './watch-deployment.ts';

export interface AcceptedRequest {
  readonly answer: { readonly id: string; readonly run_id?: string };
  /** How the person calls the deployment. */
  readonly said: string;
  /** What was done, as a sentence without a full stop. */
  readonly words: string;
  readonly watch: boolean | undefined;
  /** How its run is to end; default `succeeded`. */
  readonly wants?: RunSummary['status'];
}

/** @throws ExitWith (failed) when it watched and the run ended otherwise */
export async function reportOrWatch(session: Session, accepted: AcceptedRequest): Promise<void> {
  const { answer, said, words, watch, wants } = accepted;
  if (watch === true) {
    const runId = answer.run_id;
    return watchAndReport(session, answer.id, { ...(runId && { runId }), ...(wants && { wants }) });
  }
  const lines = [words, `Watch it with: groundwork watch ${callable(said, answer.id)}`];
  session.answer(answer, () => (session.quiet ? answer.id : lines));
}

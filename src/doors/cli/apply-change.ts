/**
 * A change of a living deployment, as far as it is the same for all changes: show the plan, ask where something would be
 * taken away, apply exactly the plan that was shown, and watch its run.
 */

import type { ChangeAccepted, ChangeShown } from '../../contract/change.ts';
import { callable } from './callable.ts';
import { nothingToDo, renderChange } from './display/render-change.ts';
import { planIdLines } from './display/plan-id.ts';
import { EXIT, ExitWith } from './exit.ts';
import { reportOrWatch } from './report-accepted.ts';
import type { Session } from './session.ts';

export interface ChangeOptions {
  readonly dryRun?: boolean;
  readonly planId?: string;
  readonly skipChecks?: boolean;
  readonly watch?: boolean;
  readonly yes?: boolean;
}

interface ChangeQuery {
  readonly dry_run?: boolean;
  readonly plan_id?: string | undefined;
  readonly skip_checks?: true | undefined;
}

export interface Change {
  readonly id: string;
  /** How the person calls the deployment. */
  readonly said: string;
  readonly send: (query: ChangeQuery) => Promise<ChangeShown | ChangeAccepted>;
}

/** @throws ExitWith (usage) when the person says no, (failed) when it watched and the run failed */
export async function applyChange(session: Session, change: Change, options: ChangeOptions): Promise<void> {
  const skip = options.skipChecks === true ? { skip_checks: true as const } : {};
  if (options.dryRun === true) {
    const shown = await show(change, skip);
    return session.answer(shown, () => [
      ...renderChange(shown, change.said, session),
      ...planIdLines(shown, session.words),
    ]);
  }
  let planId = options.planId;
  if (planId === undefined && isLookedAt(session, options)) {
    const shown = await show(change, skip);
    if (shown.plan) {
      session.say([...renderChange(shown, change.said, session), '']);
      await confirm(session, shown, options);
    }
    planId = shown.plan_id;
  }
  await report(session, change, await change.send({ ...skip, plan_id: planId }), options);
}

async function show(change: Change, skip: ChangeQuery): Promise<ChangeShown> {
  const answer = await change.send({ ...skip, dry_run: true });
  if (!('run_id' in answer)) return answer;
  throw new Error('the server accepted a dry run as a request');
}

/** Somebody reads along: then the plan comes first. */
function isLookedAt({ io, json, quiet }: Session, { watch, yes }: ChangeOptions): boolean {
  if (json || quiet) return false;
  return watch === true || (io.stdout.isTTY === true && yes !== true);
}

/** Asks before something is taken away, when somebody is there to answer; a script has decided already. */
async function confirm({ io }: Session, { plan }: ChangeShown, { yes, skipChecks }: ChangeOptions): Promise<void> {
  const takesAway = (plan?.nodes ?? []).filter(({ does }) => does === 'delete' || does === 'replace').length;
  const isRefused = plan?.verdict === 'fail' && skipChecks !== true;
  if (takesAway === 0 || isRefused || yes === true || io.stdout.isTTY !== true) return;
  const words = takesAway === 1 ? 'One of them is deleted or replaced' : `${takesAway} of them are deleted or replaced`;
  const answer = await io.ask(`${words}. Apply this plan? Type yes: `);
  if (answer === undefined || /^y(es)?$/i.test(answer.trim())) return;
  throw new ExitWith(EXIT.usage, 'Nothing was changed.');
}

async function report(
  session: Session,
  { id, said }: Change,
  answer: ChangeShown | ChangeAccepted,
  { watch }: ChangeOptions,
): Promise<void> {
  if ('run_id' in answer) {
    const words = `${callable(said, id)}: ${acceptedWords(answer)}`;
    return reportOrWatch(session, { answer, said, words, watch });
  }
  session.answer(answer, () => (session.quiet ? answer.id : nothingToDo(answer, said)));
}

function acceptedWords({ vm_type: tier, previous_count: before, target_count: target }: ChangeAccepted): string {
  if (tier === undefined || target === undefined) return 'the change is accepted';
  return `scaling ${tier}${before === undefined ? '' : ` from ${before}`} to ${target}`;
}

/**
 * Configuring a deployment: everything that the play will depend on is settled now and stored with the run, so that it can
 * begin anew after a crash and be repeated later.
 */

import type { ConfigureAccepted, ConfigureBody } from '../contract/configure.ts';
import { extraVarsFaults, playbookNameFaults } from '../domain/check-play.ts';
import type { Deployment } from '../domain/deployment.ts';
import { type Fault, GroundworkError } from '../domain/errors.ts';
import { planConfigure, type PlayWanted } from '../domain/plan-configure.ts';
import { hostsOf, inventoryFromLedger, inventoryFromRequest, limitFaults } from '../domain/play-inventory.ts';
import type { Resource } from '../domain/resource.ts';
import { sealSecrets } from '../domain/secret-values.ts';
import type { FoundPlaybook, Playbooks } from '../ports/playbooks.ts';
import type { AppDependencies } from './dependencies.ts';
import { assertAtRest, lookAgain, startRun } from './further-run.ts';

/** @throws GroundworkError not_found, run_in_progress, not_possible_now, unknown_playbook, invalid_play, inputs_changed */
export async function configureDeployment(
  dependencies: AppDependencies,
  id: string,
  body: ConfigureBody,
): Promise<ConfigureAccepted> {
  const subject = subjectOf(body);
  return lookAgain(dependencies, id, async (deployment, run) => {
    assertAtRest(deployment, run, 'be configured');
    const { store } = dependencies;
    const [ledger, durations] = await Promise.all([store.ledger.resources(id), store.history.durations()]);
    const wanted =
      'rerun' in subject
        ? await sameAgain(dependencies, deployment, ledger, subject.rerun)
        : await settle(dependencies, deployment, ledger, { ...body, ...subject });
    const runId = await startRun(dependencies, deployment, run, {
      kind: 'configure',
      status: 'CONFIGURING',
      plan: planConfigure(deployment.region, wanted, durations),
      request: { ...wanted, rerun: body.rerun ?? null },
    });
    return runId === undefined ? undefined : { deployment_id: id, status: 'CONFIGURING', run_id: runId };
  });
}

function subjectOf({ playbook, rerun, ...rest }: ConfigureBody): { playbook: string } | { rerun: string } {
  if (rerun === undefined && playbook !== undefined) return { playbook };
  const beside = Object.keys({ ...rest, ...(playbook === undefined ? {} : { playbook }) });
  if (rerun !== undefined && beside.length === 0) return { rerun };
  if (rerun === undefined) {
    const detail = 'it is not said what is to be played';
    throw refused('invalid_play', [{ pointer: '/playbook', detail, remedy: 'Give playbook, or rerun.' }]);
  }
  const detail = `a rerun takes all inputs from the earlier run, so ${beside.join(', ')} cannot be given`;
  throw refused('invalid_play', [{ pointer: '/rerun', detail, value: rerun, remedy: 'Leave out one or the other.' }]);
}

type NewPlay = ConfigureBody & { readonly playbook: string };

async function settle(
  dependencies: AppDependencies,
  deployment: Deployment,
  ledger: readonly Resource[],
  { playbook: name, inventory: given, extra_vars: variables = {}, secret_vars: secret = [], limit }: NewPlay,
): Promise<PlayWanted> {
  const { playbooks, seal, mayBeForeign } = dependencies.plays;
  const playbook = await found(playbooks, name);
  const { inventory, faults } =
    given === undefined
      ? { inventory: inventoryFromLedger(ledger), faults: [] }
      : inventoryFromRequest(given, ledger, mayBeForeign(deployment.region));
  if (faults.length === 0 && inventory.hosts.length === 0) throw nobodyThere(deployment);
  const all = [
    ...faults,
    ...extraVarsFaults(variables),
    ...(limit === undefined || faults.length > 0 ? [] : limitFaults(limit, inventory)),
  ];
  if (all.length > 0) throw refused('invalid_play', all);
  return {
    playbook: playbook.name,
    playbook_sha256: playbook.sha256,
    beside_sha256: playbook.besideSha256,
    idempotent: playbook.idempotent,
    inventory,
    extra_vars: sealSecrets(variables, secret, (text) => seal(text, deployment.id)),
    limit: limit ?? null,
  };
}

async function found(playbooks: Playbooks, name: string): Promise<FoundPlaybook> {
  const faults = playbookNameFaults(name);
  if (faults.length > 0) throw refused('unknown_playbook', faults);
  const playbook = await playbooks.find(name);
  if (typeof playbook !== 'string') return playbook;
  const remedy = 'Put the playbook into the playbooks directory of the server (playbooks_dir in groundwork.yaml).';
  throw refused('unknown_playbook', [{ pointer: '/playbook', detail: playbook, value: name, remedy }]);
}

/** The inputs of an earlier run, if they can still be had as they were. */
async function sameAgain(
  { store, plays }: AppDependencies,
  deployment: Deployment,
  ledger: readonly Resource[],
  rerun: string,
): Promise<PlayWanted> {
  const earlier = await store.runs.get(rerun);
  if (!earlier || earlier.deploymentId !== deployment.id || earlier.kind !== 'configure' || !earlier.request) {
    const detail = `the deployment has no configure run ${rerun}`;
    const remedy = 'GET /deployments/{id}/runs lists them.';
    throw refused('invalid_play', [{ pointer: '/rerun', detail, value: rerun, remedy }]);
  }
  const { rerun: _, ...inputs } = earlier.request;
  const wanted = inputs as unknown as PlayWanted; // written above
  const playbook = await found(plays.playbooks, wanted.playbook);
  const changed = [
    ...(playbook.sha256 === wanted.playbook_sha256 ? [] : [`the playbook ${wanted.playbook} was changed since`]),
    ...(playbook.besideSha256 === wanted.beside_sha256
      ? []
      : ['files in the folders beside the playbook were changed since']),
    ...hostsGone(wanted, ledger),
  ];
  if (changed.length === 0) return wanted;
  throw new GroundworkError('inputs_changed', `run ${rerun} cannot be repeated as it was: ${changed.join('; ')}`);
}

function hostsGone({ inventory }: PlayWanted, ledger: readonly Resource[]): string[] {
  const standing = hostsOf(ledger);
  const gone = inventory.hosts.filter(
    ({ server, address }) =>
      server !== null && !standing.some((host) => host.server === server && host.address === address),
  );
  return gone.length === 0 ? [] : [`servers are gone or were replaced: ${gone.map(({ name }) => name).join(', ')}`];
}

function nobodyThere({ id }: Deployment): GroundworkError {
  const detail = `deployment ${id} has no server with an address, so there is nothing to configure`;
  return new GroundworkError('not_possible_now', detail, { remedy: 'Scale a tier out first.' });
}

function refused(code: 'unknown_playbook' | 'invalid_play', faults: readonly Fault[]): GroundworkError {
  return new GroundworkError(code, faults[0]?.detail ?? '', { faults });
}

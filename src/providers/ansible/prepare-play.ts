/**
 * From an order to a play that can be started: everything is checked and written before anything runs.
 */

import { constants } from 'node:fs';
import { access, mkdir, readFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Failure } from '../../domain/failure.ts';
import type { PlayWanted } from '../../domain/plan-configure.ts';
import { openSecrets } from '../../domain/secret-values.ts';
import type { ActOrder } from '../../ports/actor.ts';
import { type AttemptDirectory, makeAttemptDirectory, writePrivately } from './attempt-directory.ts';
import { playEnvironment } from './environment.ts';
import { extraVarsFile } from './extra-vars-file.ts';
import { inventoryFile } from './inventory-file.ts';
import { ansibleNotInstalled, playbookChanged, playbookNotFound } from './judge-play.ts';
import { createMask, type Mask } from './mask.ts';
import { readPlaybook } from './playbooks.ts';
import type { PlaySettings, RegionPlaySettings } from './settings.ts';

/** The play cannot begin. */
export class PlayRefused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'PlayRefused';
    this.failure = failure;
  }
}

export interface PreparedPlay {
  readonly commandLine: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mask: Mask;
  readonly playbook: string;
  readonly command: string;
}

/** Made by `planConfigure`, and stored in between. */
export function wantedOf({ wanted }: Pick<ActOrder, 'wanted'>): PlayWanted {
  return wanted as unknown as PlayWanted;
}

/** @throws PlayRefused */
export async function preparePlay(
  settings: PlaySettings,
  order: ActOrder,
  directory: AttemptDirectory,
): Promise<PreparedPlay> {
  const wanted = wantedOf(order);
  const region = settings.region(order.region);
  const path = await checkedPlaybook(settings, wanted);
  const program = await findProgram(settings);
  const { variables, secrets } = openedVariables(settings, order);
  const mask = createMask([...secrets, ...(await vaultSecrets(region))]);
  const controlDirectory = await makeAttemptDirectory(directory, settings.host.temporaryDirectory);
  const knownHosts = await knownHostsFile(settings, order.owner);
  await writePrivately(
    directory.inventory,
    inventoryFile(wanted.inventory, { deployment: order.owner, region, knownHosts }),
  );
  await writePrivately(directory.extraVars, extraVarsFile(variables));
  return {
    commandLine: [program, ...commandArguments(directory, wanted, region), path],
    environment: playEnvironment(settings, region, { directory, runId: order.runId, controlDirectory }),
    mask,
    playbook: wanted.playbook,
    command: settings.command,
  };
}

/** One file for each deployment; SSH makes it when it remembers the first key. */
async function knownHostsFile({ dataDir }: PlaySettings, deploymentId: string): Promise<string> {
  const directory = join(dataDir, 'known-hosts');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, deploymentId);
}

function commandArguments(
  directory: AttemptDirectory,
  { extra_vars: variables, limit }: PlayWanted,
  { vaultPasswordFile }: RegionPlaySettings,
): string[] {
  return [
    `--inventory=${directory.inventory}`,
    ...(Object.keys(variables).length === 0 ? [] : [`--extra-vars=@${directory.extraVars}`]),
    ...(limit === null ? [] : [`--limit=${limit}`]),
    ...(vaultPasswordFile === undefined ? [] : [`--vault-password-file=${vaultPasswordFile}`]),
  ];
}

async function checkedPlaybook({ playbooksDir }: PlaySettings, wanted: PlayWanted): Promise<string> {
  const found = await readPlaybook(playbooksDir, wanted.playbook);
  if (typeof found === 'string') throw new PlayRefused(playbookNotFound(wanted.playbook, found));
  const { sha256, besideSha256 } = found.playbook;
  if (sha256 !== wanted.playbook_sha256 || besideSha256 !== wanted.beside_sha256) {
    throw new PlayRefused(playbookChanged(wanted.playbook));
  }
  return found.path;
}

async function findProgram({ command, host }: PlaySettings): Promise<string> {
  const places = isAbsolute(command) ? [''] : host.searchPath.split(delimiter);
  for (const place of places) {
    const path = place === '' ? command : join(place, command);
    if (isAbsolute(path) && (await isExecutable(path))) return path;
  }
  const detail = isAbsolute(command) ? 'it is not there, or not executable' : `it is in none of ${host.searchPath}`;
  throw new PlayRefused(ansibleNotInstalled(command, detail));
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Texts that must not be shown, as far as they are known. */
export async function secretsOf(settings: PlaySettings, order: ActOrder): Promise<readonly string[]> {
  const { secrets } = openedVariables(settings, order);
  return [...secrets, ...(await vaultSecrets(settings.region(order.region)))];
}

async function vaultSecrets({ vaultPasswordFile }: RegionPlaySettings): Promise<string[]> {
  if (vaultPasswordFile === undefined) return [];
  const text = await readFile(vaultPasswordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new PlayRefused({
      class: 'permanent',
      type: 'VaultPasswordMissing',
      message: `the vault password file ${vaultPasswordFile} cannot be read (${error.code ?? error.message})`,
      remedy: 'Correct ansible.vault_password_file of the region in groundwork.yaml.',
    });
  });
  return text.startsWith('#!') ? [] : [text.trim()];
}

function openedVariables({ openSecret }: PlaySettings, order: ActOrder): ReturnType<typeof openSecrets> {
  try {
    return openSecrets(wantedOf(order).extra_vars, (sealed) => openSecret(sealed, order.owner));
  } catch {
    throw new PlayRefused({
      class: 'permanent',
      type: 'SecretsUnreadable',
      message: 'the secret variables of this run were sealed with a key that this server does not have',
      remedy: 'Give every server of one database the same GROUNDWORK_SECRET_KEY; then configure again.',
    });
  }
}

/**
 * The closed environment of a play: nothing of the server's own gets in but what is listed here, so that a play is the same
 * whoever started the server, and no secret of the server can be read by a playbook.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AttemptDirectory } from './attempt-directory.ts';
import { PLAY_MARK } from './play-process.ts';
import type { PlaySettings, RegionPlaySettings } from './settings.ts';

const CALLBACK_PLUGINS = fileURLToPath(new URL('./callback/', import.meta.url));

/** https://docs.ansible.com/ansible/latest/reference_appendices/config.html */
export function playEnvironment(
  { host, playbooksDir }: Pick<PlaySettings, 'host' | 'playbooksDir'>,
  region: RegionPlaySettings,
  play: { readonly directory: AttemptDirectory; readonly runId: string; readonly controlDirectory: string },
): Record<string, string> {
  const { directory, runId, controlDirectory } = play;
  return {
    PATH: host.searchPath,
    HOME: directory.path,
    TMPDIR: join(directory.path, 'tmp'),
    ...localeOf(host.platform),
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    [PLAY_MARK]: runId,
    GROUNDWORK_PLAY_RECORD: directory.record,
    ANSIBLE_CALLBACK_PLUGINS: CALLBACK_PLUGINS,
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_FORKS: String(region.forks),
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    ANSIBLE_INVENTORY_ENABLED: 'yaml',
    ANSIBLE_LOCAL_TEMP: join(directory.path, 'tmp'),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_NOCOWS: '1',
    ANSIBLE_RETRY_FILES_ENABLED: 'False',
    ANSIBLE_SSH_CONTROL_PATH_DIR: controlDirectory,
    ANSIBLE_TIMEOUT: String(region.connectTimeoutS),
    // Groups are named like tiers, and these may have dashes.
    ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS: 'ignore',
    ...configurationOf(playbooksDir, host.homeDirectory, directory),
  };
}

/** Ansible refuses to run without a UTF-8 locale. */
function localeOf(platform: string): Record<string, string> {
  const locale = platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  return { LANG: locale, LC_ALL: locale };
}

/** `ansible.cfg` in the playbooks directory counts; those of accounts and of the machine do not. */
function configurationOf(
  playbooksDir: string,
  homeDirectory: string,
  directory: AttemptDirectory,
): Record<string, string> {
  const own = join(playbooksDir, 'ansible.cfg');
  if (existsSync(own)) return { ANSIBLE_CONFIG: own };
  const places = (name: string): string =>
    [join(playbooksDir, name), join(homeDirectory, '.ansible', name), join('/usr/share/ansible', name)].join(':');
  return {
    ANSIBLE_CONFIG: join(directory.path, 'ansible.cfg'), // is not there
    ANSIBLE_ROLES_PATH: places('roles'),
    ANSIBLE_COLLECTIONS_PATH: places('collections'),
  };
}

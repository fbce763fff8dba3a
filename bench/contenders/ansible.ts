/**
 * Ansible with the modules of openstack.cloud: one playbook that is right for the first time and for every other, and one
 * that takes everything away, as their documentation writes them.
 */

import { fileURLToPath } from 'node:url';
import { runCommand } from '../child-process.ts';
import type { Contender } from './contender.ts';

const PLAYBOOKS = fileURLToPath(new URL('./playbooks', import.meta.url));

/** @param directory where `tests/real/openstack/rivals/up` put the collection and the `clouds.yaml` */
export function openAnsible(directory: string): Contender {
  const env = {
    ANSIBLE_COLLECTIONS_PATH: `${directory}/collections`,
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'false',
    OS_CLIENT_CONFIG_FILE: `${directory}/clouds.yaml`,
    OS_CLOUD: 'counted',
  };
  const play = async (name: string): Promise<string> => {
    // Debian's interpreter: the SDK is Debian's.
    const words = ['-i', 'localhost,', '-c', 'local', '-e', 'ansible_python_interpreter=/usr/bin/python3'];
    const { code, output } = await runCommand(['ansible-playbook', ...words, `${PLAYBOOKS}/${name}.yml`], env);
    if (code !== 0) throw new Error(`ansible-playbook ended with code ${code}:\n${output}`);
    return output;
  };
  return {
    name: 'Ansible',
    create: async () => void (await play('present')),
    noOps: {
      'look at the cloud': async () => {
        const output = await play('present');
        if (!/changed=0 /.test(output)) throw new Error(`the second play changed something:\n${output}`);
      },
    },
    remove: async () => void (await play('absent')),
    close: () => Promise.resolve(),
  };
}

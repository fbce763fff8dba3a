/**
 * Groundwork as its user has it: a server with its defaults, asked through its API.
 */

import { ApiProblem } from '../../src/contract/client-errors.ts';
import { startControlPlaneFor } from '../control-plane.ts';
import { deploy, until, untilCompleted } from '../deployments.ts';
import type { Contender } from './contender.ts';

const PATIENCE_SECONDS = 180;
const REGION = 'real';
/** Written down as a wish of its own, so a run begins, finds nothing to do and ends. */
const CHANGES_NOTHING = { vm_config: { a: { count: 10 } } };

export async function openGroundwork(authUrl: string, cloudRegion: string): Promise<Contender> {
  // No look of its own accord: it would be counted to whatever is measured at the moment.
  const settings = { drift_interval: '0s' };
  const server = await startControlPlaneFor([{ name: REGION, authUrl, cloudRegion, pace: 'default', settings }]);
  const { client } = server;
  let id = '';
  return {
    name: 'Groundwork',
    async create() {
      id = await deploy(client, 'twenty-servers', 'bench-groundwork', REGION);
      await untilCompleted(client, id, PATIENCE_SECONDS);
    },
    noOps: {
      'dry run of an update': async () => {
        await client.call('updateDeployment', { params: { id }, query: { dry_run: true }, body: CHANGES_NOTHING });
      },
      'update that changes nothing': async () => {
        await client.call('updateDeployment', { params: { id }, body: CHANGES_NOTHING });
        await untilCompleted(client, id, PATIENCE_SECONDS);
      },
      'look at the cloud': async () => {
        const drift = await client.call('getDrift', { params: { id }, query: { refresh: true } });
        if (drift.findings.length > 0) throw new Error(`something drifted: ${JSON.stringify(drift.findings)}`);
      },
    },
    async remove() {
      await client.call('deleteDeployment', { params: { id } });
      const gone = () =>
        client.call('getDeployment', { params: { id } }).then(
          ({ status }) => status === 'DELETED',
          (error: unknown) => {
            if (error instanceof ApiProblem && error.problem.status === 404) return true;
            throw error;
          },
        );
      await until(gone, PATIENCE_SECONDS, 'the deployment is deleted');
    },
    close: () => server.stop(),
  };
}

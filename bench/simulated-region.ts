/**
 * The cloud of the benchmark: the OpenStack simulator as a process of its own, with room for everything that is asked.
 */

import { fileURLToPath } from 'node:url';
import { startProgram } from './child-process.ts';
import { LAB, openSession } from './openstack-session.ts';

export interface SimulatedRegion {
  readonly pid: number;
  readonly authUrl: string;
  /** Changes how slow it is from now on, in milliseconds. */
  delay(delays: Readonly<Record<string, number>>): Promise<void>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../simulators/openstack/main.js', import.meta.url));

/** Without delays until told otherwise. */
export async function startSimulatedRegion(): Promise<SimulatedRegion> {
  const program = startProgram([PROGRAM]);
  const [line] = await program.line(/^\{.*"auth_url".*\}$/);
  const { auth_url: authUrl, admin_url: adminUrl } = JSON.parse(line) as { auth_url: string; admin_url: string };
  await liftQuotas(authUrl);
  return {
    pid: program.pid,
    authUrl,
    async delay(delays) {
      const answer = await fetch(`${adminUrl}/delays`, { method: 'POST', body: JSON.stringify(delays) });
      if (!answer.ok) throw new Error(`the simulator refused the delays: ${await answer.text()}`);
    },
    stop: () => program.end('SIGTERM'),
  };
}

async function liftQuotas(authUrl: string): Promise<void> {
  const lab = await openSession(authUrl, LAB, { connections: 1 });
  const admin = await openSession(authUrl, { user: 'admin', password: 'admin', project: 'admin' }, { connections: 1 });
  const unlimited = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, -1]));
  await admin.call('PUT', 'compute', `/os-quota-sets/${lab.projectId}`, {
    quota_set: unlimited(['instances', 'cores', 'ram']),
  });
  await admin.call('PUT', 'network', `/v2.0/quotas/${lab.projectId}`, {
    quota: unlimited(['network', 'subnet', 'port', 'router']),
  });
  await Promise.all([lab.close(), admin.close()]);
}

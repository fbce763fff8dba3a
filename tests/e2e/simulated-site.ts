/** A simulated OpenStack as a site for the suites, with the door behind it by which a test makes it misbehave. */

import { createOpenStackSimulator, type SimulatorOptions } from '../../simulators/openstack/server.ts';
import { LAB_NAMES, type OpenStackSite } from '../conformance/openstack-target.ts';

interface LoggedCall {
  readonly method: string;
  readonly path: string;
  /** 0 while unanswered. */
  readonly status: number;
  readonly at: string;
  readonly name?: string;
}

export interface SimulatedSite extends OpenStackSite {
  /** Orders a fault: `{match, nth, times, action}` of the simulator's README. */
  fail(fault: object): Promise<void>;
  /** Takes all orders to fail back. */
  behave(): Promise<void>;
  delay(milliseconds: object): Promise<void>;
  revokeTokens(): Promise<void>;
  calls(): Promise<readonly LoggedCall[]>;
}

export async function openSimulatedSite(delays: SimulatorOptions['delays'] = {}): Promise<SimulatedSite> {
  const simulator = await createOpenStackSimulator({ delays });
  const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${simulator.adminUrl}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    ...LAB_NAMES,
    authUrl: simulator.authUrl,
    regionName: 'RegionOne',
    admin: { username: 'admin', password: 'lab', project: 'admin' },
    user: { username: 'lab', password: 'lab' },
    close: () => simulator.close(),
    fail: async (fault) => void (await admin('POST', '/faults', fault)),
    behave: async () => void (await admin('DELETE', '/faults')),
    delay: async (milliseconds) => void (await admin('POST', '/delays', milliseconds)),
    revokeTokens: async () => void (await admin('POST', '/tokens/revoke')),
    calls: async () => ((await admin('GET', '/calls')) as { calls: LoggedCall[] }).calls, // its README
  };
}

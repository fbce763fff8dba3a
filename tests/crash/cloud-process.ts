/**
 * The simulated cloud as a process of its own, with the door behind it by which a test holds calls, orders faults and looks
 * into the state.
 */

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { OpenStackSession } from '../conformance/openstack-session.ts';

import { type Child, launch } from './child-process.ts';

/** What a gate or a fault is about; `path` and `name` are patterns. */
export interface Match {
  readonly service?: string;
  readonly method?: string;
  readonly path?: string;
  readonly name?: string;
}

export interface GateOrder {
  readonly match: Match;
  readonly nth?: number;
  readonly phase: 'before' | 'after';
  readonly late?: boolean;
}

export interface LoggedCall {
  readonly seq: number;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Rows of every table, as far as a test reads them. */
export type CloudState = Readonly<Record<string, readonly CloudRow[] | undefined>>;
export interface CloudRow {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly device_id?: string;
  readonly device_owner?: string;
  readonly flavor?: { readonly name: string };
  readonly image_id?: string;
  readonly vm_state?: string;
  readonly fixed_ips?: readonly { readonly subnet_id: string }[];
}

export interface CloudProcess extends Child {
  readonly authUrl: string;
  readonly cloudsYaml: string;
  addGate(gate: GateOrder): Promise<string>;
  /** Whether some gate holds a call, waiting so long for it. */
  holds(waitMs: number): Promise<boolean>;
  openGates(): Promise<void>;
  /** @returns its id */
  addFault(fault: object): Promise<string>;
  isUsed(fault: string): Promise<boolean>;
  clearFaults(): Promise<void>;
  calls(after?: number): Promise<LoggedCall[]>;
  forgetCalls(): Promise<void>;
  /** Deletes one server of the deployment and stops another, as somebody else would. */
  disturb(owner: string): Promise<void>;
  setDelays(delays: Readonly<Record<string, number>>): Promise<void>;
  state(): Promise<CloudState>;
}

export async function startCloud(
  home: string,
  options: { port?: number; keeps?: boolean } = {},
): Promise<CloudProcess> {
  const { port = 0, keeps = false } = options;
  const { child, captured } = await launch({
    words: [
      'dist/simulators/openstack/main.js',
      ...['--port', String(port)],
      ...(keeps ? ['--data-dir', join(home, 'cloud')] : []),
    ],
    directory: home,
    logFile: join(home, 'cloud.log'),
    ready: /"auth_url":\s*"([^"]+)"/,
  });
  const admin = adminOf(new URL('/_sim', captured).href);
  return {
    ...child,
    authUrl: captured,
    cloudsYaml: cloudsYaml(captured),
    addGate: async (gate) => (await admin<{ id: string }>('POST', '/gates', gate)).id,
    holds: async (waitMs) =>
      (await admin<{ gates: { reached: boolean }[] }>('GET', `/gates?wait=${waitMs}`)).gates.some(
        (gate) => gate.reached,
      ),
    openGates: () => admin('DELETE', '/gates'),
    addFault: async (fault) => (await admin<{ id: string }>('POST', '/faults', fault)).id,
    isUsed: async (wanted) =>
      (await admin<{ faults: { id: string; used: number }[] }>('GET', '/faults')).faults.some(
        ({ id, used }) => id === wanted && used > 0,
      ),
    clearFaults: () => admin('DELETE', '/faults'),
    calls: async (after = 0) => (await admin<{ calls: LoggedCall[] }>('GET', `/calls?after=${after}`)).calls,
    forgetCalls: () => admin('DELETE', '/calls'),
    disturb: (owner) => disturb(captured, owner, () => admin<CloudState>('GET', '/state')),
    setDelays: (delays) => admin('POST', '/delays', delays),
    state: () => admin('GET', '/state'),
  };
}

async function disturb(authUrl: string, owner: string, look: () => Promise<CloudState>): Promise<void> {
  const user = await OpenStackSession.open(authUrl, { username: 'lab', password: 'lab', project: 'lab' });
  const mine = async () =>
    ((await look())['servers'] ?? []).filter(({ metadata }) => metadata?.['groundwork_owner'] === owner);
  const [stopped, deleted] = (await mine()).map(({ id }) => id);
  await user.at('compute', 'POST', `/servers/${stopped}/action`, { 'os-stop': null });
  await user.at('compute', 'DELETE', `/servers/${deleted}`);
  for (let looks = 0; looks < 400; looks += 1) {
    const [left, ...others] = await mine();
    if (others.length === 0 && left?.vm_state === 'stopped') return;
    await wait(25);
  }
  throw new Error('the servers of the deployment were not disturbed');
}

function adminOf(url: string) {
  return async <T = void>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} of the simulated cloud: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T; // the caller names the shape
  };
}

function cloudsYaml(authUrl: string): string {
  return `clouds:
  simulated:
    auth:
      auth_url: ${authUrl}
      username: lab
      password: lab
      project_name: lab
      user_domain_id: default
      project_domain_id: default
    region_name: RegionOne
`;
}

/** POST /servers/{id}/action: power, resize and locks, each allowed only in its states. */
import type { Cloud } from './cloud.ts';
import { badRequest, conflict } from './nova-errors.ts';
import { startAction } from './nova-life.ts';
import { quotaExcess } from './nova-quotas.ts';
import { findServer, refuseLocked } from './nova-servers.ts';
import type { Routes } from './routes.ts';
import type { FlavorRow, LifeStep, ServerRow } from './rows.ts';
import { isObject, parseJson, type Answer, type Call, type JsonObject } from './wire.ts';

interface Action {
  /** As the 409 names it. */
  readonly name: string;
  /** States of the machine in which it is allowed. */
  readonly from: readonly string[];
  /** 204 for confirmation, else 202. */
  readonly status?: number;
  readonly run: (cloud: Cloud, server: ServerRow, input: unknown, call: Call) => void;
}

const accepted = 202;

export function addActionRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('POST', '/v2.1/servers/{id}/action', (call) => act(cloud, call));
}

function act(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  if (!isObject(body)) throw badRequest('Malformed request body');
  const [[key, input] = ['', undefined]] = Object.entries(body);
  if (key === 'os-getConsoleOutput') {
    findServer(cloud, call);
    return { status: 200, body: { output: 'SIMULATED CONSOLE OUTPUT' } };
  }
  const action = actions[key];
  if (action === undefined) throw badRequest(`There is no such action: ${key}`);
  const server = findServer(cloud, call);
  if (key !== 'unlock') refuseLocked(server, call);
  refuseState(server, action);
  action.run(cloud, server, input, call);
  return { status: action.status ?? accepted };
}

const anyState = ['building', 'active', 'stopped', 'resized', 'error'];

const actions: Readonly<Record<string, Action>> = {
  'os-start': { name: 'start', from: ['stopped'], run: begin('start', 'powering-on') },
  'os-stop': { name: 'stop', from: ['active', 'error'], run: begin('stop', 'powering-off') },
  reboot: { name: 'reboot', from: ['active', 'stopped', 'error'], run: reboot },
  resize: { name: 'resize', from: ['active', 'stopped'], run: resize },
  confirmResize: { name: 'confirm_resize', from: ['resized'], status: 204, run: begin('confirm', 'deleting') },
  revertResize: { name: 'revert_resize', from: ['resized'], run: begin('revert', 'resize_reverting') },
  lock: {
    name: 'lock',
    from: anyState,
    run: (cloud, server, input) => {
      lock(
        cloud,
        server,
        true,
        isObject(input) && typeof input['locked_reason'] === 'string' ? input['locked_reason'] : null,
      );
    },
  },
  unlock: {
    name: 'unlock',
    from: anyState,
    run: (cloud, server) => {
      lock(cloud, server, false, null);
    },
  },
};

function begin(step: LifeStep, task: string): Action['run'] {
  return (cloud, server) => {
    startAction(cloud, server, step, task);
  };
}

function refuseState(server: ServerRow, { name, from }: Action): void {
  if (!from.includes(server.vm_state))
    throw conflict(`Cannot '${name}' instance ${server.id} while it is in vm_state ${server.vm_state}`);
  if (server.task_state !== null && from !== anyState) {
    throw conflict(`Cannot '${name}' instance ${server.id} while it is in task_state ${server.task_state}`);
  }
}

function reboot(cloud: Cloud, server: ServerRow, input: unknown): void {
  const type = isObject(input) ? String(input['type']).toUpperCase() : '';
  if (type !== 'SOFT' && type !== 'HARD') {
    throw badRequest(
      `Invalid input for field/attribute type. Value: ${type}. '${type}' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']`,
    );
  }
  startAction(cloud, server, 'reboot', type === 'SOFT' ? 'rebooting' : 'rebooting_hard');
}

function resize(cloud: Cloud, server: ServerRow, input: unknown): void {
  const flavor = flavorIn(cloud, isObject(input) ? input : {});
  if (flavor.id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
  const excess = quotaExcess(cloud, server.project_id, { flavor, count: 1, except: server.id });
  if (excess !== undefined) throw conflict(excess);
  server.other_flavor = flavor;
  startAction(cloud, server, 'resize', 'resize_prep');
}

function flavorIn(cloud: Cloud, input: JsonObject): FlavorRow {
  const id = String(input['flavorRef']);
  const flavor = cloud.state.flavors.get(id);
  if (flavor === undefined) throw badRequest(`Flavor ${id} could not be found.`);
  return flavor;
}

function lock(cloud: Cloud, server: ServerRow, locked: boolean, reason: string | null): void {
  server.locked = locked;
  server.locked_reason = reason;
  server.updated = Date.now();
  cloud.state.servers.put(server);
}

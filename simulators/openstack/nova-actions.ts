/** POST /servers/{id}/action: power, resize and locks, each allowed only in its states. */
import type { Cloud } from './cloud.ts';
import { badRequest, conflict, forbidden, refuse } from './nova-errors.ts';
import { addGroup, removeGroup } from './nova-groups.ts';
import { endAction, noteAction } from './nova-action-log.ts';
import { startAction } from './nova-life.ts';
import { growthExcess } from './nova-quotas.ts';
import { findServer, refuseLocked } from './nova-servers.ts';
import type { Routes } from './routes.ts';
import type { FlavorRow, LifeStep, ServerRow } from './rows.ts';
import { isObject, parseJson, tokenOf, type Answer, type Call, type JsonObject } from './wire.ts';

interface Action {
  /** As the 409 names it. */
  readonly name: string;
  /** States of the machine in which it is allowed. */
  readonly from: readonly string[];
  /** 204 for confirmation, else 202. */
  readonly status?: number;
  readonly adminOnly?: string;
  /** Changes no state of the machine, and is allowed during another action. */
  readonly anytime?: boolean;
  readonly run: (cloud: Cloud, server: ServerRow, input: unknown, call: Call) => void;
}

const accepted = 202;

export function addActionRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('POST', '/v2.1/servers/{id}/action', (call) => act(cloud, call));
}

function act(cloud: Cloud, call: Call): Answer {
  const body = parseJson(call.body);
  if (body === undefined) throw badRequest('Malformed request body');
  if (!isObject(body)) throw refuse(404, 'The resource could not be found.');
  const [[key, input] = ['', undefined], ...others] = Object.entries(body);
  if (key === '' || others.length > 0) throw badRequest('Malformed request body');
  if (key === 'os-getConsoleOutput') {
    findServer(cloud, call);
    return { status: 200, body: { output: 'SIMULATED CONSOLE OUTPUT' } };
  }
  const action = actions[key];
  if (action === undefined) throw badRequest(`There is no such action: ${key}`);
  const server = findServer(cloud, call);
  if (action.adminOnly !== undefined && !tokenOf(call).admin) throw forbidden(action.adminOnly);
  if (key !== 'unlock') refuseLocked(server, call);
  refuseState(server, action);
  action.run(cloud, server, input, call);
  cloud.state.servers.put(server);
  return { status: action.status ?? accepted };
}

const anyState = ['building', 'active', 'stopped', 'paused', 'suspended', 'resized', 'error'];

const actions: Readonly<Record<string, Action>> = {
  'os-start': { name: 'start', from: ['stopped'], run: begin('start', 'powering-on') },
  pause: { name: 'pause', from: ['active'], run: begin('pause', 'pausing') },
  unpause: { name: 'unpause', from: ['paused'], run: begin('unpause', 'unpausing') },
  suspend: { name: 'suspend', from: ['active'], run: begin('suspend', 'suspending') },
  resume: { name: 'resume', from: ['suspended'], run: begin('resume', 'resuming') },
  'os-stop': { name: 'stop', from: ['active', 'error'], run: begin('stop', 'powering-off') },
  reboot: { name: 'reboot', from: ['active', 'stopped', 'error'], run: reboot },
  resize: { name: 'resize', from: ['active', 'stopped'], run: resize },
  confirmResize: { name: 'confirmResize', from: ['resized'], status: 204, run: confirmResize },
  revertResize: { name: 'revertResize', from: ['resized'], run: begin('revert', 'resize_reverting', 'revertResize') },
  addSecurityGroup: { name: 'addSecurityGroup', from: anyState, anytime: true, run: addGroup },
  removeSecurityGroup: { name: 'removeSecurityGroup', from: anyState, anytime: true, run: removeGroup },
  'os-resetState': {
    name: 'resetState',
    from: anyState,
    anytime: true,
    adminOnly: 'os-admin-actions:reset_state',
    run: resetState,
  },
  lock: {
    name: 'lock',
    from: anyState,
    anytime: true,
    run: (_, server, input, call) => {
      const reason = isObject(input) ? input['locked_reason'] : undefined;
      lock(server, call, typeof reason === 'string' ? reason : '');
    },
  },
  unlock: {
    name: 'unlock',
    from: anyState,
    anytime: true,
    run: (_, server, __, call) => {
      lock(server, call, undefined);
    },
  },
};

/** @param name in the list of actions, where it is not that of the step */
function begin(step: LifeStep, task: string, name: string = step): Action['run'] {
  return (cloud, server, _, call) => {
    noteAction(server, name, call);
    startAction(cloud, server, step, task);
  };
}

// Nothing shows that it is under way: the server stays as it is until its former host is tidied up.
function confirmResize(cloud: Cloud, server: ServerRow, _: unknown, call: Call): void {
  if (server.next?.step === 'confirm') throw badRequest('Instance has not been resized.');
  noteAction(server, 'confirmResize', call);
  startAction(cloud, server, 'confirm', null);
}

function resetState(_: Cloud, server: ServerRow, input: unknown, call: Call): void {
  const state = isObject(input) ? String(input['state']) : '';
  if (state !== 'active' && state !== 'error')
    throw badRequest(
      `Invalid input for field/attribute state. Value: ${state}. '${state}' is not one of ['active', 'error']`,
    );
  noteAction(server, 'resetState', call);
  Object.assign(server, { vm_state: state, task_state: null, next: null, updated: Date.now() });
}

function refuseState(server: ServerRow, { name, from, anytime = false }: Action): void {
  if (!from.includes(server.vm_state))
    throw conflict(`Cannot '${name}' instance ${server.id} while it is in vm_state ${server.vm_state}`);
  if (server.task_state !== null && !anytime) {
    throw conflict(`Cannot '${name}' instance ${server.id} while it is in task_state ${server.task_state}`);
  }
}

function reboot(cloud: Cloud, server: ServerRow, input: unknown, call: Call): void {
  const type = isObject(input) ? String(input['type']).toUpperCase() : '';
  if (type !== 'SOFT' && type !== 'HARD') {
    throw badRequest(
      `Invalid input for field/attribute type. Value: ${type}. '${type}' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']`,
    );
  }
  noteAction(server, 'reboot', call);
  startAction(cloud, server, 'reboot', type === 'SOFT' ? 'rebooting' : 'rebooting_hard');
}

function resize(cloud: Cloud, server: ServerRow, input: unknown, call: Call): void {
  const flavor = flavorIn(cloud, isObject(input) ? input : {});
  if (flavor.id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
  const excess = growthExcess(cloud, server, flavor);
  if (excess !== undefined) throw refuse(403, excess);
  server.other_flavor = flavor;
  server.before_resize = server.vm_state;
  noteAction(server, 'resize', call);
  startAction(cloud, server, 'resize', 'resize_prep');
}

function flavorIn(cloud: Cloud, input: JsonObject): FlavorRow {
  const id = String(input['flavorRef']);
  const flavor = cloud.state.flavors.get(id);
  if (flavor === undefined) throw badRequest(`Flavor ${id} could not be found.`);
  return flavor;
}

/** @param reason given with the lock, or undefined to take the lock off */
function lock(server: ServerRow, call: Call, reason: string | undefined): void {
  const action = reason === undefined ? 'unlock' : 'lock';
  noteAction(server, action, call);
  endAction(server, action);
  server.locked = reason !== undefined;
  server.locked_reason = reason === undefined || reason === '' ? null : reason;
  server.updated = Date.now();
}

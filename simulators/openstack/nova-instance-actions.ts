/**
 * What was done to a server, as Nova keeps it: one entry for each action, with the events of conductor and hosts below it.
 * A member learns that an event failed; why, only an administrator does.
 */
import { createHash } from 'node:crypto';
import { isoMicroseconds, type Cloud } from './cloud.ts';
import { refuse } from './nova-errors.ts';
import { findServer } from './nova-servers.ts';
import type { Routes } from './routes.ts';
import type { ActionRow, ServerRow } from './rows.ts';
import { ok, param, tokenOf, type Call, type JsonObject } from './wire.ts';

const path = '/v2.1/servers/{id}/os-instance-actions';

export function addInstanceActionRoutes(routes: Routes, cloud: Cloud): void {
  routes.add('GET', path, (call) => {
    const server = findServer(cloud, call);
    return ok({ instanceActions: (server.actions ?? []).toReversed().map((action) => show(server, action, call)) });
  });
  routes.add('GET', `${path}/{request}`, (call) => {
    const server = findServer(cloud, call);
    const request = param(call, 'request');
    const action = server.actions?.find(({ request_id }) => request_id === request);
    if (action === undefined) throw refuse(404, `Action ${request} not found`);
    const isTold = call.microversion >= 51 || tokenOf(call).admin;
    const events = isTold ? { events: action.events.toReversed().map((event) => showEvent(server, event, call)) } : {};
    return ok({ instanceAction: { ...show(server, action, call), ...events } });
  });
}

function show(server: ServerRow, action: ActionRow, call: Call): JsonObject {
  return {
    action: action.action,
    instance_uuid: server.id,
    request_id: action.request_id,
    user_id: action.user_id,
    project_id: action.project_id,
    start_time: wholeSeconds(action.start),
    message: action.message,
    ...(call.microversion >= 58 && { updated_at: wholeSeconds(action.updated) }),
  };
}

function showEvent(server: ServerRow, event: ActionRow['events'][number], call: Call): JsonObject {
  const { admin } = tokenOf(call);
  const hostId = createHash('sha224').update(`${server.project_id}oslab`).digest('hex');
  return {
    event: event.event,
    start_time: wholeSeconds(event.start),
    finish_time: wholeSeconds(event.finish),
    result: event.result,
    ...(admin && { traceback: event.words === undefined ? null : `  raise: ${event.words}\n` }),
    ...(admin && call.microversion >= 62 && { host: 'oslab' }),
    ...(call.microversion >= 62 && { hostId }),
    ...(admin && call.microversion >= 84 && { details: event.words ?? null }),
  };
}

function wholeSeconds(at: number): string {
  return `${isoMicroseconds(at).slice(0, 19)}.000000`;
}

/** The door behind the cloud, `/_sim/...`, by which a test orders faults and looks into the state. No authentication. */
import type { CallLog } from './call-log.ts';
import type { Cloud } from './cloud.ts';
import { changeDelays } from './delays.ts';
import { showFault } from './faults.ts';
import { showGate, type Gates } from './gates.ts';
import { revokeAllTokens } from './keystone-tokens.ts';
import { tablesOf } from './state.ts';
import { isObject, noContent, ok, parseJson, type Answer } from './wire.ts';

export interface Backstage {
  readonly cloud: Cloud;
  readonly log: CallLog;
  readonly gates: Gates;
  /** Back to a fresh cloud. */
  readonly reset: () => void;
}

export interface AdminCall {
  readonly method: string;
  /** Behind `/_sim`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

type Handler = (stage: Backstage, call: AdminCall, id: string) => Answer | Promise<Answer>;

/** Answers one call; a mistake of the caller is a 400 with a sentence. */
export async function administer(stage: Backstage, call: AdminCall): Promise<Answer> {
  const [collection = '', id = ''] = call.path.split('/').filter((part) => part !== '');
  const handler = handlers[`${call.method} ${collection}${id === '' ? '' : '/id'}`];
  if (handler === undefined)
    return {
      status: 404,
      body: { error: `${call.method} /_sim${call.path} is not there`, known: Object.keys(handlers) },
    };
  try {
    return await handler(stage, call, id);
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

const handlers: Readonly<Record<string, Handler>> = {
  'GET ': ({ cloud }) =>
    ok({
      auth_url: `${cloud.url}/identity/v3`,
      delays: cloud.delays,
      options: { ...cloud.options, password: undefined },
    }),
  'POST faults': ({ cloud }, call) => ({ status: 201, body: showFault(cloud.faults.add(parseJson(call.body))) }),
  'GET faults': ({ cloud }) => ok({ faults: cloud.faults.list() }),
  'DELETE faults': ({ cloud }) => {
    cloud.faults.clear();
    return noContent;
  },
  'DELETE faults/id': ({ cloud }, _, id) => found(cloud.faults.remove(id), `there is no fault ${id}`),
  'POST gates': ({ gates }, call) => ({ status: 201, body: showGate(gates.add(parseJson(call.body))) }),
  'GET gates': async ({ gates }, call) => {
    await gates.reached(Number(call.query.get('wait') ?? 0));
    return ok({ gates: gates.list() });
  },
  'DELETE gates': ({ gates }) => {
    gates.clear();
    return noContent;
  },
  'DELETE gates/id': ({ gates }, _, id) => found(gates.remove(id), `there is no gate ${id}`),
  'GET calls': ({ log }, call) => ok(log.show(Number(call.query.get('after') ?? 0))),
  'DELETE calls': ({ log }) => {
    log.clear();
    return noContent;
  },
  'GET state': ({ cloud }) =>
    ok(Object.fromEntries(tablesOf(cloud.state).map((table) => [table.name, [...table.values()]]))),
  'GET delays': ({ cloud }) => ok(cloud.delays),
  'POST delays': ({ cloud }, call) => {
    const wanted = parseJson(call.body);
    const unknown = isObject(wanted) ? changeDelays(cloud.delays, wanted) : ['the body'];
    if (unknown.length > 0)
      throw new Error(
        `not a delay in milliseconds: ${unknown.join(', ')}; known: ${Object.keys(cloud.delays).join(', ')}`,
      );
    return ok(cloud.delays);
  },
  'POST reset': ({ reset }) => {
    reset();
    return noContent;
  },
  'POST tokens/id': ({ cloud }, call, id) => {
    if (id !== 'revoke') throw new Error(`POST /_sim${call.path} is not there`);
    return ok({ revoked: revokeAllTokens(cloud) });
  },
};

function found(yes: boolean, complaint: string): Answer {
  return yes ? noContent : { status: 404, body: { error: complaint } };
}

/**
 * The way of every simulated call: journal, delay, gates, faults, effect, persistence, gates, faults, answer.
 *
 * No answer leaves before the changes it speaks of are written. Changes of calls that arrive together are written in
 * one go: the first of them asks for a write at the end of the turn of the event loop, the others join it. A call that
 * only reads joins too when somebody else's change is waiting, since it may have seen that change.
 */
import type { CallLog, LoggedCall } from './call-log.ts';
import type { Cloud } from './cloud.ts';
import { vary } from './delays.ts';
import type { FaultAction } from './faults.ts';
import type { Gate, Gates } from './gates.ts';
import { nameInBody, type NameOf } from './match.ts';
import type { Persistence } from './persistence.ts';
import type { Answer, Call, ServiceName } from './wire.ts';

export interface Pipeline {
  readonly cloud: Cloud;
  readonly persistence: Persistence;
  readonly log: CallLog;
  readonly gates: Gates;
  readonly nameOf: NameOf;
  readonly services: Readonly<Record<ServiceName, (call: Call) => Answer>>;
}

/** The client at the other end of one call. */
export interface Client {
  /** True when nobody waits for the answer any more. */
  readonly gone: boolean;
  send(answer: Answer): void;
  /** Breaks the connection without an answer. */
  drop(): void;
}

/** Runs one call to its end; never rejects but for defects. */
export async function run(line: Pipeline, call: Call, client: Client): Promise<void> {
  const name = nameInBody(call);
  const logged = line.log.add({
    service: call.service,
    method: call.method,
    path: call.search === '' ? call.path : `${call.path}?${call.search}`,
    at: new Date().toISOString(),
    request_id: call.requestId,
    ...(name !== undefined && { name }),
  });
  const gates = line.gates.onCall(call, line.nameOf);
  const faults = line.cloud.faults.onCall(call, line.nameOf);
  const delay = delayOf(line.cloud, call) + faults.reduce((sum, { delay_ms }) => sum + (delay_ms ?? 0), 0);
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const late = await holdBefore(line, logged, gates, client);
  if (late === 'dropped' || !beforeEffect(faults, client, logged)) return;
  const answer = line.services[call.service](call);
  await written(line.persistence);
  await holdAt(
    line,
    gates.filter((gate) => gate.phase === 'after'),
    logged,
    client,
  );
  afterEffect(faults, answer, client, logged);
}

const created = /^\/v2\.0\/(networks|subnets|routers|ports|floatingips)$|\/add_router_interface$/;

function delayOf({ delays }: Cloud, call: Call): number {
  const creates =
    call.service === 'neutron' && (call.method === 'POST' || call.method === 'PUT') && created.test(call.path);
  return vary(delays, delays.everyCall + (creates ? delays.networkCreate : 0));
}

async function holdBefore(
  line: Pipeline,
  logged: LoggedCall,
  gates: readonly Gate[],
  client: Client,
): Promise<'dropped' | 'goes on'> {
  const before = gates.filter((gate) => gate.phase === 'before');
  if (before.length === 0) return 'goes on';
  await holdAt(line, before, logged, client);
  return client.gone && !before.some((gate) => gate.late) ? 'dropped' : 'goes on';
}

async function holdAt(line: Pipeline, gates: readonly Gate[], logged: LoggedCall, client: Client): Promise<void> {
  for (const gate of gates) await line.gates.hold(gate, { ...logged }, () => client.gone);
}

/** @returns false when the call ends here. */
function beforeEffect(faults: readonly FaultAction[], client: Client, logged: LoggedCall): boolean {
  for (const fault of faults) {
    if (fault.drop === 'before') client.drop();
    else if (fault.status !== undefined && fault.after_effect !== true) sendFault(fault, client, logged);
    else if (fault.hang !== 'before') continue;
    return false;
  }
  return true;
}

function afterEffect(faults: readonly FaultAction[], answer: Answer, client: Client, logged: LoggedCall): void {
  if (faults.some((fault) => fault.hang === 'after')) return;
  if (faults.some((fault) => fault.drop === 'after')) {
    client.drop();
    return;
  }
  const replaced = faults.find((fault) => fault.status !== undefined);
  if (replaced !== undefined) {
    sendFault(replaced, client, logged);
    return;
  }
  logged.status = answer.status;
  client.send(answer);
}

function sendFault(fault: FaultAction, client: Client, logged: LoggedCall): void {
  const status = fault.status ?? 500;
  logged.status = status;
  const headers = fault.retry_after === undefined ? {} : { 'Retry-After': String(fault.retry_after) };
  client.send({ status, headers, body: fault.body ?? bodyOf(logged.service, status) });
}

/** What the service itself, or a proxy in front of it, would say with this status. */
function bodyOf(service: ServiceName, code: number): unknown {
  const message =
    code === 429 ? 'Too many requests. Try again later.' : 'The service is unavailable or failed (simulated).';
  if (service === 'neutron')
    return {
      NeutronError: { type: code === 500 ? 'HTTPInternalServerError' : 'ServiceUnavailable', message, detail: '' },
    };
  if (service === 'nova')
    return { [code === 429 ? 'overLimit' : code === 503 ? 'serviceUnavailable' : 'computeFault']: { code, message } };
  if (service === 'keystone') return { error: { code, message, title: 'Error' } };
  return { message, code: `${code} Error`, title: 'Error' };
}

const waiting = new WeakMap<Persistence, Promise<void>>();

function written(persistence: Persistence): Promise<void> {
  if (!persistence.dirty) return Promise.resolve();
  let write = waiting.get(persistence);
  if (write === undefined) {
    write = new Promise((resolve, reject) => {
      setImmediate(() => {
        waiting.delete(persistence);
        try {
          persistence.flush();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    waiting.set(persistence, write);
  }
  return write;
}

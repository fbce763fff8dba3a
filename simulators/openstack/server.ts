/**
 * A whole OpenStack region behind one port: Keystone, Nova, Neutron, Glance and a stub of Placement, each under the
 * prefix its development installations use, and the test's own door under `/_sim`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { administer, type Backstage } from './admin.ts';
import { Agenda } from './agenda.ts';
import { CallLog } from './call-log.ts';
import type { Cloud, CloudOptions } from './cloud.ts';
import { noDelays, type Delays } from './delays.ts';
import { Faults } from './faults.ts';
import { Gates } from './gates.ts';
import { createGlance } from './glance.ts';
import { addressOf, callOf, clientOf, readBody } from './http-call.ts';
import { createKeystone } from './keystone.ts';
import type { NameOf } from './match.ts';
import { createNeutron } from './neutron.ts';
import { forgetHeld } from './neutron-allocation.ts';
import { serveAll } from './neutron-dhcp.ts';
import { createNova } from './nova.ts';
import { resumeLives } from './nova-life.ts';
import { noPersistence, openPersistence, type Persistence } from './persistence.ts';
import { run, type Pipeline } from './pipeline.ts';
import { createPlacement } from './placement.ts';
import { seed } from './seed.ts';
import { createState, tablesOf, type State } from './state.ts';

export interface SimulatorOptions extends Partial<CloudOptions> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** Where the state is kept; without it, it dies with the simulator. */
  readonly dataDir?: string;
  /** Milliseconds; what is not given is zero. */
  readonly delays?: Partial<Delays>;
}

export interface OpenStackSimulator {
  /** http://host:port */
  readonly url: string;
  /** Keystone's, ending in /v3. */
  readonly authUrl: string;
  /** The test's own door, ending in /_sim. */
  readonly adminUrl: string;
  /** Stops listening, breaks open connections, writes what is to be written. */
  close(): Promise<void>;
}

/** @throws Error when the port is taken or the data directory cannot be used. */
export async function createOpenStackSimulator(options: SimulatorOptions = {}): Promise<OpenStackSimulator> {
  const cloud = createCloud(options);
  const persistence =
    options.dataDir === undefined ? noPersistence : openPersistence(join(options.dataDir, 'state.jsonl'), cloud.state);
  const pipeline = createPipeline(cloud, persistence);
  const server = createServer((request, response) => void serve(pipeline, request, response));
  server.keepAliveTimeout = 60_000;
  cloud.url = await listen(server, options);
  if (cloud.state.projects.size === 0) seed(cloud);
  persistence.flush();
  resumeLives(cloud);
  serveAll(cloud);
  return {
    url: cloud.url,
    authUrl: `${cloud.url}/identity/v3`,
    adminUrl: `${cloud.url}/_sim`,
    close: () => close(pipeline, server),
  };
}

function createCloud(options: SimulatorOptions): Cloud {
  const {
    region = 'RegionOne',
    password = 'lab',
    tokenLifetime = 86_400,
    lateQuota = false,
    novaMaxLimit = 1000,
    slow = 10_000,
  } = options;
  return {
    options: { region, password, tokenLifetime, lateQuota, novaMaxLimit, slow },
    state: createState(),
    delays: { ...noDelays, ...options.delays },
    faults: new Faults(),
    agenda: new Agenda(),
    url: '',
  };
}

function createPipeline(cloud: Cloud, persistence: Persistence): Pipeline {
  const services = {
    keystone: createKeystone(cloud),
    nova: createNova(cloud),
    neutron: createNeutron(cloud),
    glance: createGlance(cloud),
    placement: createPlacement(cloud),
  };
  return { cloud, persistence, log: new CallLog(), gates: new Gates(), nameOf: nameIn(cloud.state), services };
}

function nameIn(state: State): NameOf {
  const tables = [state.servers, state.networks, state.subnets, state.ports, state.routers];
  return (id) => {
    for (const table of tables) {
      const row = table.get(id);
      if (row !== undefined) return row.name;
    }
    return undefined;
  };
}

async function serve(pipeline: Pipeline, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request);
    const url = request.url ?? '/';
    const address = addressOf(url);
    if (address !== undefined) {
      const call = callOf(request, address, body);
      await run(pipeline, call, clientOf(request, response, call.requestId));
      return;
    }
    const client = clientOf(request, response, 'req-admin');
    const { pathname, searchParams } = new URL(url, 'http://simulator');
    if (!pathname.startsWith('/_sim')) client.send({ status: 404, body: { error: 'no service has this path' } });
    else
      client.send(
        await administer(backstage(pipeline), {
          method: request.method ?? 'GET',
          path: pathname.slice(5),
          query: searchParams,
          body,
        }),
      );
    if (pipeline.persistence.dirty) pipeline.persistence.flush();
  } catch (error) {
    if (request.socket.destroyed) return; // the client went away in the middle of its request
    response.writeHead(500, { 'Content-Type': 'application/json' });
    response.end(
      JSON.stringify({
        error: `defect of the simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      }),
    );
  }
}

function backstage({ cloud, log, gates, persistence }: Pipeline): Backstage {
  return {
    cloud,
    log,
    gates,
    reset: () => {
      cloud.agenda.clear();
      cloud.faults.clear();
      gates.clear();
      log.clear();
      for (const table of tablesOf(cloud.state)) table.clear();
      forgetHeld(cloud.state);
      seed(cloud);
      persistence.compact();
    },
  };
}

function listen(server: Server, { host = '127.0.0.1', port = 0 }: SimulatorOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address() as AddressInfo; // a TCP server has one
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${address.port}`);
    });
  });
}

function close({ cloud, gates, persistence }: Pipeline, server: Server): Promise<void> {
  cloud.agenda.close();
  gates.close();
  return new Promise((resolve) => {
    server.close(() => {
      persistence.close();
      resolve();
    });
    server.closeAllConnections();
  });
}

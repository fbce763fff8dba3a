/**
 * `groundwork start`: the server in the foreground, until SIGTERM or SIGINT.
 */

import { availableParallelism, homedir, tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { loadConfig, type Config } from '../config/load-config.ts';
import type { ConfigFlags } from '../config/overrides.ts';
import { readConfigFile } from '../config/read-config-file.ts';
import type { CliWorld } from '../doors/cli/cli-io.ts';
import { EXIT, ExitWith } from '../doors/cli/exit.ts';
import { VERSION } from './package-root.ts';
import type { RunningServer } from './server.ts';

export function addStart(program: Command, world: CliWorld): void {
  program
    .command('start')
    .summary('start the server')
    .description(
      'Starts the server: API, engine and, unless configured otherwise, an embedded database and a simulated cloud. SIGTERM or Ctrl-C stops it; runs in flight continue at the next start.',
    )
    .option('-c, --config <file>', 'configuration file (default: groundwork.yaml if there is one)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on (default: 8080)')
    .option('--data-dir <folder>', 'where data are kept (default: .groundwork)')
    .option('--log-level <level>', 'debug, info, warn, error or silent (default: info)')
    .action(async (flags: ConfigFlags) => {
      const config = await readConfiguration(world, flags);
      const say = (sentence: string): void => void world.io.stdout.write(`${sentence}\n`);
      say(`Groundwork ${VERSION}`);
      // Heard from the start: a server told to stop in its first moments would otherwise leave its database running.
      const told = untilToldToStop();
      const server = await launch(world, config, { say });
      await told;
      say('Stopping; runs in flight continue at the next start.');
      await server.stop();
    });
}

/** @throws ExitWith (usage) with the whole report */
export async function readConfiguration({ env }: CliWorld, flags: ConfigFlags): Promise<Config> {
  const workingDirectory = process.cwd();
  try {
    const file = await readConfigFile({ environment: env, flags, workingDirectory });
    return loadConfig({ environment: env, flags, file, workingDirectory, homeDirectory: homedir() });
  } catch (error) {
    if (error instanceof ConfigError) throw new ExitWith(EXIT.usage, error.message);
    throw error;
  }
}

export interface LaunchOptions {
  readonly say: (sentence: string) => void;
  readonly simulatorDelays?: string;
}

/** Threads that Node gives V8, however few processors there are. */
const COLLECTOR_THREADS = 4;

/** What V8 does on a large machine of its own, and this server does not want beside its database. */
const FRUGAL_HEAP = [
  // The heap would grow to a multiple of what lives before V8 looks; half as much again costs few percent of time.
  '--heap-growing-percent=50',
  // What is new stays within the 8 MB that loading takes it to: each of its halves would grow to 16 MB, all of it resident.
  '--semi-space-growth-factor=1',
  // A few milliseconds of work are better done alone than shared with threads that wait for a processor.
  '--no-parallel-scavenge',
  // Marking by all threads at once took both processors from the database and from us for a tenth of a second, every few
  // seconds: 0.4 s of work. The main thread alone needs 0.14 s, in pieces of a millisecond.
  ...(availableParallelism() <= COLLECTOR_THREADS ? ['--no-concurrent-marking'] : []),
];

/**
 * Loads the server only now: the client commands are the same program, and need none of it.
 * @throws ExitWith (failed) with the reason
 */
export async function launch({ env, io }: CliWorld, config: Config, options: LaunchOptions): Promise<RunningServer> {
  for (const flag of FRUGAL_HEAP) setFlagsFromString(flag);
  const [{ startServer }, { createLogger }] = await Promise.all([
    import('./server.ts'),
    import('../telemetry/logger.ts'),
  ]);
  const pretty = config.log.format === 'pretty';
  const log = createLogger({
    level: config.log.level,
    pretty,
    color: io.stderr.isTTY === true && !env['NO_COLOR'],
    destination: process.stderr,
  });
  try {
    return await startServer({
      config,
      environment: env,
      workingDirectory: process.cwd(),
      homeDirectory: homedir(),
      host: { platform: process.platform, arch: process.arch, uid: process.getuid?.() ?? 0, tmpdir: tmpdir() },
      log,
      ...options,
    });
  } catch (error) {
    throw new ExitWith(EXIT.failed, await reasonOf(error, config));
  }
}

async function reasonOf(error: unknown, config: Config): Promise<string> {
  const { CloudConfigInvalid } = await import('../providers/openstack/index.ts');
  if (error instanceof CloudConfigInvalid) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${config.server.port} on ${config.server.host} is in use. Stop what listens there, or choose another with --port.`;
  }
  if (!(error instanceof Error)) return String(error);
  // Some errors quote their cause already.
  const why = error.cause instanceof Error ? error.cause.message : '';
  const cause = why === '' || error.message.includes(why) ? '' : `\n  because: ${why}`;
  return `The server cannot start: ${error.message}${cause}`;
}

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

/**
 * The simulator as a program: `node main.js --port 0 --data-dir DIR --delays serverBuild=1500`.
 *
 * Prints one line of JSON with `auth_url` when it answers; ends on SIGTERM or SIGINT.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { changeDelays, noDelays, type Delays } from './delays.ts';
import { createOpenStackSimulator, type SimulatorOptions } from './server.ts';

const help = `Usage: groundwork simulate openstack [options]

A simulated OpenStack region (Keystone, Nova, Neutron, Glance) behind one port.

  --host ADDRESS     address to listen on (default 127.0.0.1)
  --port N           port to listen on; 0 lets the system choose (default 0)
  --data-dir DIR     keep the state in this directory, over a kill too (default: in memory only)
  --region NAME      region of the catalogue (default RegionOne)
  --password WORD    one more password of the users admin and lab (default lab)
  --delays LIST      milliseconds, for example serverBuild=1500,serverDelete=500,jitter=0.5
                     known: ${Object.keys(noDelays).join(', ')}
  --token-lifetime S seconds a token is valid (default 86400)
  --late-quota       refuse servers over the quota after the 202, as Nova does under load
  --help             this text

Log in as lab/lab in the projects lab or lab-small-quota, or as admin/admin in the project admin.
What it imitates, and how a test makes it fail: simulators/openstack/README.md.
`;

class UsageError extends Error {}

function readOptions(words: readonly string[]): SimulatorOptions | 'help' {
  const { values } = parseArgs({
    args: [...words],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      'data-dir': { type: 'string' },
      region: { type: 'string', default: 'RegionOne' },
      password: { type: 'string', default: 'lab' },
      delays: { type: 'string', default: '' },
      'token-lifetime': { type: 'string', default: '86400' },
      'late-quota': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const dataDir = values['data-dir'];
  return {
    host: values.host,
    port: wholeNumber('--port', values.port),
    region: values.region,
    password: values.password,
    delays: readDelays(values.delays),
    tokenLifetime: wholeNumber('--token-lifetime', values['token-lifetime']),
    lateQuota: values['late-quota'],
    ...(dataDir !== undefined && { dataDir }),
  };
}

function readDelays(list: string): Delays {
  const delays = { ...noDelays };
  const pairs = list.split(',').filter((pair) => pair.trim() !== '');
  const wanted = pairs.map((pair): [string, number] => {
    const [name = '', value = ''] = pair.split('=').map((part) => part.trim());
    return [name, value === '' ? Number.NaN : Number(value)];
  });
  const wrong = changeDelays(delays, Object.fromEntries(wanted));
  if (wrong.length > 0)
    throw new UsageError(`--delays: cannot use ${wrong.join(', ')}; known: ${Object.keys(noDelays).join(', ')}`);
  return delays;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`${name} must be a whole number, not ${text}`);
  return Number(text);
}

async function start(options: SimulatorOptions): Promise<void> {
  const simulator = await createOpenStackSimulator(options);
  const { url, authUrl, adminUrl } = simulator;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void simulator.close().then(() => process.exit(0)));
  process.stdout.write(`${JSON.stringify({ auth_url: authUrl, url, admin_url: adminUrl, region: options.region })}\n`);
}

function isUsage(error: unknown): boolean {
  return (
    error instanceof UsageError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  );
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await start(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isUsage(error) ? 2 : 1;
}

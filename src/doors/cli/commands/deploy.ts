/**
 * `groundwork deploy`: from a request file, from options, or from a file with options on top.
 */

import { Option } from 'commander';
import { parse } from 'yaml';

import type { CreateDeploymentBody, DeploymentAccepted, DryRun } from '../../../contract/deployment.ts';
import { sendFile, withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderPlan } from '../display/render-plan.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { readRequestFile } from '../request-file.ts';
import type { RequestFile } from '../request-file.ts';
import type { Session } from '../session.ts';
import { watchAndReport } from '../watch-deployment.ts';

interface DeployOptions {
  readonly template?: string;
  readonly name?: string;
  readonly region?: string;
  readonly param?: Readonly<Record<string, unknown>>;
  readonly policy?: 'rollback' | 'hold';
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly idempotencyKey?: string;
}

export const addDeploy: AddCommand = (parent, world) => {
  parent
    .command('deploy')
    .summary('deploy a template')
    .description(
      'Deploys what a request file says (YAML or JSON, - for standard input), what the options say, or both: options go first.',
    )
    .argument('[file]', 'request file with name, template, cloud_region, parameters')
    .option('-t, --template <name>', 'template to deploy')
    .option('-n, --name <name>', 'name of the deployment')
    .option('-r, --region <name>', 'region to deploy to')
    .option('-p, --param <name=value>', 'parameter of the template; repeatable', collectParameter)
    .addOption(new Option('--policy <policy>', 'after a failure').choices(['rollback', 'hold']))
    .option('-w, --watch', 'show the plan, then watch until it is done')
    .option('--dry-run', 'only show the plan')
    .option('--idempotency-key <key>', 'the same key deploys only once')
    .action(
      withSession<DeployOptions>(world, async (session, [path], options) => {
        const file = path === undefined ? undefined : await readRequestFile(session.io, path);
        await deploy(session, requestFrom(file, options), { ...options, file });
      }),
    );
};

type Deploy = DeployOptions & { readonly file: RequestFile | undefined };

async function deploy(session: Session, body: CreateDeploymentBody, options: Deploy): Promise<void> {
  if (options.dryRun === true) {
    session.answer(await plan(session, body, options.file), (dryRun) => renderPlan(dryRun, session));
    return;
  }
  if (options.watch === true && !session.json && !session.quiet) {
    session.say([...renderPlan(await plan(session, body, options.file), session), '']);
  }
  const accepted = await accept(session, body, options);
  if (options.watch === true) {
    if (session.quiet && !session.json) session.answer(accepted, ({ id }) => id);
    await watchAndReport(session, accepted.id);
  } else session.answer(accepted, (answer) => acceptedLines(answer, session));
}

async function plan({ client }: Session, body: CreateDeploymentBody, file: RequestFile | undefined): Promise<DryRun> {
  const answer = await sendFile(file, () => client.call('createDeployment', { body, query: { dry_run: true } }));
  if ('plan' in answer) return answer;
  throw new Error('the server accepted a dry run as a request');
}

async function accept({ client }: Session, body: CreateDeploymentBody, options: Deploy): Promise<DeploymentAccepted> {
  const headers = { 'idempotency-key': options.idempotencyKey };
  const answer = await sendFile(options.file, () => client.call('createDeployment', { body, headers }));
  if ('id' in answer) return answer;
  throw new Error('the server answered a request with a plan');
}

function acceptedLines({ id, name, status }: DeploymentAccepted, { quiet }: Session): string | string[] {
  if (quiet) return id;
  return [
    `${name} is accepted (${status}), id ${id}`,
    `Watch it with: groundwork watch ${/\s/.test(name) ? id : name}`,
  ];
}

/** The server checks the result; here only what cannot be sent at all is refused. */
function requestFrom(file: RequestFile | undefined, options: DeployOptions): CreateDeploymentBody {
  const { template, name, region, policy, param } = options;
  if (!file && (template === undefined || name === undefined || region === undefined)) {
    throw new ExitWith(EXIT.usage, 'Give a request file, or --template, --name and --region.');
  }
  const given = { template, name, cloud_region: region, failure_policy: policy };
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  const parameters = { ...mapIn(file?.body['parameters']), ...param };
  const merged = { ...file?.body, ...Object.fromEntries(fields), ...(param ? { parameters } : {}) };
  return merged as unknown as CreateDeploymentBody; // the server validates it
}

function mapIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** `web_count=2` is a number, `name="2"` a text: a value is read as YAML reads it. */
function collectParameter(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const separator = text.indexOf('=');
  if (separator < 1) throw new ExitWith(EXIT.usage, `--param ${text}: write it as name=value`);
  return { ...before, [text.slice(0, separator)]: parameterValue(text.slice(separator + 1)) };
}

function parameterValue(text: string): unknown {
  try {
    return text === '' ? '' : (parse(text) as unknown);
  } catch {
    return text; // not YAML, so a text
  }
}

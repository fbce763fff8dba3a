/**
 * `groundwork deploy`: from a request file, from options, or from a file with options on top.
 */

import { Option } from 'commander';

import type { CreateDeploymentBody, DeploymentAccepted, DryRun } from '../../../contract/deployment.ts';
import { callable } from '../callable.ts';
import { sendFile, withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { planIdLines } from '../display/plan-id.ts';
import { renderPlan } from '../display/render-plan.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { readRequestFile } from '../request-file.ts';
import type { RequestFile } from '../request-file.ts';
import type { Session } from '../session.ts';
import { watchAndReport } from '../watch-deployment.ts';
import { collectParameter } from './parameter-option.ts';
import { addPlanOptions, budgetOption } from './plan-options.ts';
import type { BudgetOption } from './plan-options.ts';

interface DeployOptions {
  readonly template?: string;
  readonly name?: string;
  readonly region?: string;
  readonly param?: Readonly<Record<string, unknown>>;
  readonly policy?: 'rollback' | 'hold';
  readonly ttl?: string;
  readonly budget?: BudgetOption | 'none';
  readonly driftPolicy?: string;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly planId?: string;
  readonly skipChecks?: boolean;
  readonly idempotencyKey?: string;
}

export const addDeploy: AddCommand = (parent, world) => {
  const command = parent
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
    .option('--ttl <duration>', 'delete it after 90m, 72h, 7d, …')
    .option('--budget <amount>', 'the most that it may cost per month: 500EUR', budgetOption)
    .addOption(new Option('--drift-policy <policy>', 'what to do about drift').choices(['alert', 'heal']))
    .option('-w, --watch', 'show the plan, then watch until it is done')
    .option('--idempotency-key <key>', 'the same key deploys only once');
  addPlanOptions(command).action(
    withSession<DeployOptions>(world, async (session, [path], options) => {
      const file = path === undefined ? undefined : await readRequestFile(session.io, path);
      await deploy(session, requestFrom(file, options), { ...options, file });
    }),
  );
};

/** Null: what the plan says that is to be applied. */
type Body = CreateDeploymentBody | null;
type Deploy = DeployOptions & { readonly file: RequestFile | undefined };

async function deploy(session: Session, body: Body, options: Deploy): Promise<void> {
  if (options.dryRun === true) {
    const shown = await plan(session, body, options);
    return session.answer(shown, () => [...renderPlan(shown, session), ...planIdLines(shown, session.words)]);
  }
  if (options.watch === true && body !== null && !session.json && !session.quiet) {
    session.say([...renderPlan(await plan(session, body, options), session), '']);
  }
  const accepted = await accept(session, body, options);
  if (options.watch === true) {
    if (session.quiet && !session.json) session.answer(accepted, ({ id }) => id);
    await watchAndReport(session, accepted.id);
  } else session.answer(accepted, (answer) => acceptedLines(answer, session));
}

async function plan({ client }: Session, body: Body, { file }: Deploy): Promise<DryRun> {
  const answer = await sendFile(file, () => client.call('createDeployment', { body, query: { dry_run: true } }));
  if ('plan' in answer) return answer;
  throw new Error('the server accepted a dry run as a request');
}

async function accept({ client }: Session, body: Body, options: Deploy): Promise<DeploymentAccepted> {
  const headers = { 'idempotency-key': options.idempotencyKey };
  const query = { plan_id: options.planId, skip_checks: options.skipChecks };
  const answer = await sendFile(options.file, () => client.call('createDeployment', { body, headers, query }));
  if ('id' in answer) return answer;
  throw new Error('the server answered a request with a plan');
}

function acceptedLines({ id, name, status }: DeploymentAccepted, { quiet }: Session): string | string[] {
  if (quiet) return id;
  return [`${name} is accepted (${status}), id ${id}`, `Watch it with: groundwork watch ${callable(name, id)}`];
}

/** The server checks the result; here only what cannot be sent at all is refused. */
function requestFrom(file: RequestFile | undefined, options: DeployOptions): Body {
  const { template, name, region, param } = options;
  const fields = fieldsFrom(options);
  if (!file && fields.length === 0 && param === undefined && options.planId !== undefined) return null;
  if (!file && (template === undefined || name === undefined || region === undefined)) {
    throw new ExitWith(EXIT.usage, 'Give a request file, or --template, --name and --region.');
  }
  const parameters = { ...mapIn(file?.body['parameters']), ...param };
  const merged = { ...file?.body, ...Object.fromEntries(fields), ...(param ? { parameters } : {}) };
  return merged as unknown as Body; // the server validates it
}

function fieldsFrom({ template, name, region, policy, ttl, budget, driftPolicy }: DeployOptions): [string, unknown][] {
  const placed = { template, name, cloud_region: region, ttl };
  const given = {
    ...placed,
    failure_policy: policy,
    budget: budget === 'none' ? undefined : budget,
    drift_policy: driftPolicy,
  };
  return Object.entries(given).filter(([, value]) => value !== undefined);
}

function mapIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

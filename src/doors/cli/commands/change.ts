/**
 * `groundwork scale` and `groundwork update`: change a living deployment.
 */

import { Option } from 'commander';
import type { Command } from 'commander';

import { applyChange } from '../apply-change.ts';
import type { ChangeOptions } from '../apply-change.ts';
import { sendFile, withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { findDeployment } from '../find-deployment.ts';
import { readRequestFile } from '../request-file.ts';
import { updateRequest, wholeCount } from '../update-request.ts';
import type { UpdateOptions } from '../update-request.ts';
import { wholeNumber } from './list.ts';
import { collectParameter } from './parameter-option.ts';
import { addPlanOptions, budgetOption, collectPairs } from './plan-options.ts';

const ID = 'id, its beginning, or name of a deployment';

interface ScaleOptions extends ChangeOptions {
  readonly tier?: string;
  readonly count?: string;
}

export const addScale: AddCommand = (parent, world) => {
  const command = parent
    .command('scale')
    .summary('set the number of servers of a tier')
    .description(
      'Sets the number of servers of a tier. New ones are like those of the tier; the last created go first. A scale-out that fails removes what it added.',
    )
    .argument('<id>', ID)
    .argument('[tier=count]', 'for example web=5; the same as --tier web --count 5')
    .option('-t, --tier <name>', 'the tier')
    .option('-c, --count <number>', 'how many servers it is to have');
  addApplyOptions(command).action(
    withSession<ScaleOptions>(world, async (session, [said = '', pair], options) => {
      const { tier, count } = sizeFrom(pair, options);
      const body = { vm_type: tier, target_count: wholeCount(tier, count) };
      const id = await findDeployment(session.client, said);
      const send = (query: object) => session.client.call('scaleDeployment', { params: { id }, query, body });
      await applyChange(session, { id, said, send }, options);
    }),
  );
};

function sizeFrom(pair: string | undefined, { tier, count }: ScaleOptions): { tier: string; count: string } {
  const [, name, number] = /^([^=]+)=(.+)$/.exec(pair ?? '') ?? [];
  const size = { tier: tier ?? name, count: count ?? number };
  const isTwice = pair !== undefined && (tier !== undefined || count !== undefined);
  if (size.tier !== undefined && size.count !== undefined && !isTwice) return { tier: size.tier, count: size.count };
  throw new ExitWith(EXIT.usage, 'Say which tier and how many servers: web=5, or --tier web --count 5.');
}

type UpdateCommandOptions = ChangeOptions & UpdateOptions & { readonly file?: string };

export const addUpdate: AddCommand = (parent, world) => {
  const command = parent
    .command('update')
    .summary('change what is wanted of a deployment')
    .description(
      'Changes what a patch file says (YAML or JSON, as PATCH /deployments/{id} takes it), what the options say, or both: options go first. A change that fails is taken back.',
    )
    .argument('<id>', ID)
    .option('-f, --file <path>', 'patch file, - for standard input')
    .option('-p, --param <name=value>', 'parameter of the template; repeatable', collectParameter)
    .option('--flavor <tier=flavor>', 'resize servers in place', collectPairs('--flavor', 'web=m1.large'))
    .option('--image <tier=image>', 'replace servers, a few at a time', collectPairs('--image', 'web=debian-13'))
    .option('--count <tier=number>', 'number of servers', collectPairs('--count', 'web=5'))
    .option('--security-groups <tier=a,b>', 'all groups of it', collectPairs('--security-groups', 'web=default,web'))
    .option('--add-subnet <name=cidr>', 'add a subnet', collectPairs('--add-subnet', 'cache=10.0.9.0/24'))
    .option('--remove-subnet <name>', 'remove a subnet without servers', collect)
    .option('--max-unavailable <number>', 'servers of a tier out of service at once (1)', wholeNumber)
    .addOption(new Option('--drift-policy <policy>', 'what to do about drift').choices(['alert', 'heal']))
    .option('--ttl <duration>', 'delete it after 72h, 7d, …, counted from now; "none": never')
    .option('--budget <amount>', 'the most that it may cost per month: 500EUR; "none"', budgetOption);
  addApplyOptions(command).action(
    withSession<UpdateCommandOptions>(world, async (session, [said = ''], options) => {
      const file = options.file === undefined ? undefined : await readRequestFile(session.io, options.file);
      const body = updateRequest(file, options);
      if (Object.keys(body).length === 0) throw new ExitWith(EXIT.usage, 'Say what is to change: a file or options.');
      const id = await findDeployment(session.client, said);
      const send = (query: object) =>
        sendFile(file, () => session.client.call('updateDeployment', { params: { id }, query, body }));
      await applyChange(session, { id, said, send }, options);
    }),
  );
};

function addApplyOptions(command: Command): Command {
  return addPlanOptions(command)
    .option('-w, --watch', 'show the plan, then watch until it is done')
    .option('-y, --yes', 'do not ask; it is asked only at a terminal');
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

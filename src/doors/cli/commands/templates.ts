/**
 * `groundwork templates …`: what can be deployed.
 */

import { stringify } from 'yaml';

import type { CreateTemplateBody, Template, TemplateList, UpdateTemplateBody } from '../../../contract/template.ts';
import { sendFile, withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderTable } from '../display/render-table.ts';
import { EXIT, ExitWith } from '../exit.ts';
import { readRequestFile } from '../request-file.ts';
import type { Session } from '../session.ts';

const FILE = 'template file (YAML or JSON), - for standard input';

export const addTemplates: AddCommand = (parent, world) => {
  const templates = parent
    .command('templates')
    .summary('list, show and change templates')
    .description('What can be deployed.');
  for (const add of [addList, addGet, addCreate, addUpdate, addDelete]) add(templates, world);
};

const addList: AddCommand = (parent, world) => {
  parent
    .command('list')
    .description('Lists the newest version of every template.')
    .action(
      withSession(world, async (session) => {
        session.answer(await session.client.call('listTemplates', {}), (list) => listLines(list, session));
      }),
    );
};

const addGet: AddCommand = (parent, world) => {
  parent
    .command('get')
    .description('Shows a template as the YAML that makes it.')
    .argument('<name>', 'name of the template; name@2 for its version 2')
    .action(
      withSession(world, async (session, [said = '']) => {
        const [name = '', version] = said.split('@');
        if (version !== undefined && !/^\d+$/.test(version)) {
          throw new ExitWith(EXIT.usage, `"${said}": a version is a number, as in ${name}@2`);
        }
        const query = { version: version === undefined ? undefined : Number(version) };
        session.answer(await session.client.call('getTemplate', { params: { name }, query }), templateText);
      }),
    );
};

const addCreate: AddCommand = (parent, world) => {
  parent
    .command('create')
    .description('Adds a template.')
    .argument('<file>', FILE)
    .action(
      withSession(world, async (session, [path = '']) => {
        const file = await readRequestFile(session.io, path);
        const body = file.body as CreateTemplateBody; // the server validates it
        const template = await sendFile(file, () => session.client.call('createTemplate', { body }));
        session.answer(template, ({ name, version }) => `${name} version ${version} is added`);
      }),
    );
};

const addUpdate: AddCommand = (parent, world) => {
  parent
    .command('update')
    .description('Adds a version of a template. Deployments keep the version that they use.')
    .argument('<file>', FILE)
    .action(
      withSession(world, async (session, [path = '']) => {
        const file = await readRequestFile(session.io, path);
        const { name, ...rest } = file.body;
        if (typeof name !== 'string') throw new ExitWith(EXIT.usage, `${path}: the field "name" is missing`);
        const body = rest as UpdateTemplateBody; // the server validates it
        const template = await sendFile(file, () => session.client.call('updateTemplate', { params: { name }, body }));
        session.answer(template, (updated) => `${updated.name} is at version ${updated.version}`);
      }),
    );
};

const addDelete: AddCommand = (parent, world) => {
  parent
    .command('delete')
    .description('Deletes a template. Deployments keep the version that they use.')
    .argument('<name>', 'name of the template')
    .action(
      withSession(world, async (session, [name = '']) => {
        await session.client.call('deleteTemplate', { params: { name } });
        session.say(`${name} is deleted`);
      }),
    );
};

function listLines({ items }: TemplateList, session: Session): string | string[] {
  if (session.quiet) return items.map(({ name }) => name);
  if (items.length === 0) return 'No templates. Add one with: groundwork templates create FILE';
  return renderTable(
    items,
    [
      { head: 'NAME', value: ({ name }) => name },
      { head: 'VERSION', value: ({ version }) => String(version), align: 'end' },
      { head: 'TIERS', value: ({ tiers }) => tiers.join(', '), shrinks: true },
      { head: 'DESCRIPTION', value: ({ description }) => description ?? '', shrinks: true },
    ],
    session,
  );
}

/** A template file again: it can be changed and given to `templates update`. */
function templateText(template: Template): string {
  const { name, version, created_at: at, description, vm_config, network_config, parameters } = template;
  const fields = { name, description, parameters, network_config, vm_config };
  const given = Object.entries(fields).filter(([, value]) => value !== null);
  return `# Version ${version}, created ${at}\n${stringify(Object.fromEntries(given))}`.trimEnd();
}

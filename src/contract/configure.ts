/**
 * Configuring on the wire: which playbook to play on which servers, with which variables.
 */

import { Type } from 'typebox';
import type { Static } from 'typebox';
import { jsonObject, list, mapOf, oneOf, shape, uuid } from './shape.ts';

const text = (options: object = {}) => Type.String({ minLength: 1, maxLength: 255, ...options });

export const ConfigureBody = shape(
  'ConfigureBody',
  {
    playbook: Type.Optional(
      text({
        description: 'File in the playbooks directory of the server, relative to it: `site.yml`.',
        examples: ['configure-webservers.yml'],
      }),
    ),
    inventory: Type.Optional(
      mapOf(list(text(), { minItems: 1, maxItems: 10_000 }), {
        minProperties: 1,
        maxProperties: 1_000,
        propertyNames: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' },
        description:
          'Group name to addresses, server names or tier names. Without it there is one group a tier, with all of its servers.',
        examples: [{ webservers: ['10.0.1.10', '10.0.1.11'], databases: ['db'] }],
      }),
    ),
    extra_vars: Type.Optional(
      jsonObject({
        description:
          'Variables for the playbook, taken as they are: `{{ }}` in them is not expanded. At most 64 KiB. Values of names that look secret (`db_password`) are stored sealed and masked wherever they are printed.',
        examples: [{ http_port: 8080 }],
      }),
    ),
    secret_vars: Type.Optional(
      list(text(), { maxItems: 1_000, description: 'Names of further variables whose values are secret.' }),
    ),
    limit: Type.Optional(
      text({
        pattern: '^[A-Za-z0-9_.*?,:!& \\[\\]-]+$',
        maxLength: 1_000,
        description:
          'Play on these hosts and groups only, as with `ansible-playbook --limit`: `web:!web-app-prod-web-1`.',
      }),
    ),
    rerun: Type.Optional(
      uuid({
        description:
          'Id of an earlier configure run: play again with the very same playbook, hosts, variables and limit. Nothing else may be given beside it.',
      }),
    ),
  },
  { description: 'What is to be played. Either `playbook` or `rerun` must be given.' },
);
export type ConfigureBody = Static<typeof ConfigureBody>;

export const ConfigureAccepted = shape(
  'ConfigureAccepted',
  {
    deployment_id: uuid(),
    status: oneOf(['CONFIGURING']),
    run_id: uuid({ description: 'Its events of type `play.output` carry what is printed.' }),
  },
  { description: 'The play is recorded and will happen.' },
);
export type ConfigureAccepted = Static<typeof ConfigureAccepted>;

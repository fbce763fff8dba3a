/**
 * Templates in PostgreSQL. A version is immutable; deleting a template hides all its versions from new deployments.
 */

import type { TemplateStore } from '../ports/store.ts';
import type { Database } from './database.ts';
import { TEMPLATE_COLUMNS, type TemplateRow, templateFromRow } from './rows.ts';

export function createTemplateStore(database: Database): TemplateStore {
  return {
    async list() {
      const rows = await database.query<TemplateRow>(
        `select distinct on (name) ${TEMPLATE_COLUMNS} from templates where deleted_at is null order by name, version desc`,
      );
      return rows.map(templateFromRow);
    },
    async get(name, version) {
      const [row] = await database.read<TemplateRow>(
        version === undefined
          ? `select ${TEMPLATE_COLUMNS} from templates where name = $1 and deleted_at is null order by version desc limit 1`
          : `select ${TEMPLATE_COLUMNS} from templates where name = $1 and version = $2`,
        version === undefined ? [name] : [name, version],
      );
      return row && templateFromRow(row);
    },
    async add({ name, description, body, mode }) {
      const [row] = await database.query<TemplateRow>(
        `insert into templates (name, version, description, body)
         select $1, coalesce(max(version), 0) + 1, $2, $3::json from templates where name = $1
         having (count(*) filter (where deleted_at is null) > 0) = ($4 = 'next')
         on conflict do nothing returning ${TEMPLATE_COLUMNS}`,
        [name, description, body, mode],
      );
      return row && templateFromRow(row);
    },
    async remove(name) {
      const rows = await database.query(
        'update templates set deleted_at = now() where name = $1 and deleted_at is null returning name',
        [name],
      );
      return rows.length > 0;
    },
  };
}

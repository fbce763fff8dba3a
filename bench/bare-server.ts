/**
 * What an accept and a query cost at the very least: Fastify handlers with one INSERT, with one SELECT by primary key, and
 * with the one SELECT that shows a deployment, through pg. No keys, no validation, no plan, no run. A process of its own:
 * `bare-server.js DATABASE_URL`.
 */

import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { RESOURCE_FACTS, SHOWN_COLUMNS } from '../src/store/rows.ts';

const ROW = `select ${SHOWN_COLUMNS} from deployments where id = $1`;
const VIEW = `select ${SHOWN_COLUMNS}, ${RESOURCE_FACTS} as resources from deployments d where id = $1`;
const INSERT = `insert into bare_deployments
    (id, name, status, region, template_name, template_version, parameters, failure_policy)
  values ($1, $2, 'PENDING', $3, $4, 1, '{}', 'rollback') returning id, name, status, created_at`;

const pool = new pg.Pool({ connectionString: process.argv[2], max: 20 });
// The database may be stopped before this process is.
pool.on('error', () => process.exit(0));
await pool.query('create table if not exists bare_deployments (like deployments including all)');

const server = fastify();
for (const [path, text] of Object.entries({ '/deployments/:id': ROW, '/views/:id': VIEW })) {
  const name = path.slice(1);
  server.get<{ Params: { id: string } }>(path, async ({ params }) => {
    const { rows } = await pool.query({ name, text, values: [params.id] });
    return rows[0];
  });
}
server.post<{ Body: { name: string; template: string; cloud_region: string } }>(
  '/deployments',
  async ({ body }, reply) => {
    const values = [randomUUID(), body.name, body.cloud_region, body.template];
    const { rows } = await pool.query({ name: 'insert', text: INSERT, values });
    return reply.code(202).send(rows[0]);
  },
);
process.stdout.write(`Listening on ${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);

/**
 * What an accept and a query cost at the very least: a Fastify handler with one INSERT, and one with one SELECT by primary
 * key, through pg. No keys, no validation, no plan. A process of its own: `bare-server.js DATABASE_URL`.
 */

import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 20 });
await pool.query('create table if not exists bare_deployments (like deployments including all)');

const server = fastify();
server.get<{ Params: { id: string } }>('/deployments/:id', async ({ params }) => {
  const { rows } = await pool.query('select * from deployments where id = $1', [params.id]);
  return rows[0];
});
server.post<{ Body: { name: string; template: string; cloud_region: string } }>(
  '/deployments',
  async ({ body }, reply) => {
    const id = randomUUID();
    const { rows } = await pool.query(
      `insert into bare_deployments (id, name, status, region, template_name, template_version, parameters, failure_policy)
       values ($1, $2, 'PENDING', $3, $4, 1, '{}', 'rollback') returning id, name, status, created_at`,
      [id, body.name, body.cloud_region, body.template],
    );
    return reply.code(202).send(rows[0]);
  },
);
process.stdout.write(`Listening on ${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);

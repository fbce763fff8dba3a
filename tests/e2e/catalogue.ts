/**
 * Everything of the API beside deployments: templates with their versions, regions, keys, health, metrics, the contract.
 */

import { describe, expect, it } from 'vitest';
import type { Template, TemplateList } from '../../src/contract/template.ts';
import { ADMIN_KEY, expectProblem, READ_KEY } from './api.ts';
import { type HouseOnSite, REGIONS } from './house-on-site.ts';

export function describeCatalogue(house: () => HouseOnSite): void {
  describeTemplates(house);
  describeKeys(house);

  describe('the server itself', () => {
    it('lists the regions and whether they can be reached', async () => {
      const { items } = await house().api.get<{ items: object[] }>('/regions');
      const reached = { provider: 'openstack', reachable: true, error: null };
      expect(items).toMatchObject(REGIONS.toSorted().map((name) => ({ name, ...reached })));
    });

    it('is live without a key, and ready with the reasons', async () => {
      const { api } = house();
      expect(await api.ask('GET', '/health', { key: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
      const ready = await api.ask('GET', '/health/ready', { key: null });
      expect(ready).toMatchObject({
        status: 200,
        body: { status: 'ready', checks: { database: { ok: true }, engine: { ok: true } } },
      });
      expect(JSON.stringify(ready.body)).toMatch(/PostgreSQL 1\d/);
    });

    it('counts what it did for Prometheus', async () => {
      const { headers, body } = await house().api.ask<string>('GET', '/metrics', { key: null });
      expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(body).toMatch(/groundwork_runs_total\{kind="deploy",status="succeeded"\} [1-9]/);
      expect(body).toMatch(/groundwork_runs_total\{kind="deploy",status="failed"\} [1-9]/);
      expect(body).toMatch(/groundwork_http_request_duration_seconds_count\{operation="createDeployment".*\} [1-9]/);
      expect(body).toMatch(/groundwork_cloud_requests_total\{region="us-west-1",service="compute".*\} [1-9]/);
    });

    it('serves the contract that it keeps', async () => {
      const { body } = await house().api.ask<{ openapi: string; paths: object }>('GET', '/openapi.json', { key: null });
      expect(body.openapi).toMatch(/^3\.1\./);
      expect(Object.keys(body.paths)).toEqual(
        expect.arrayContaining(['/deployments', '/deployments/{id}/events', '/templates/{name}', '/regions']),
      );
    });
  });
}

function describeTemplates(house: () => HouseOnSite): void {
  describe('templates', () => {
    const content = (count: number) => ({
      vm_config: { web: { flavor: 'm1.tiny', image: 'debian-12', count } },
      network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' } },
    });

    it('are versioned: every change is a version, an equal body is none, old ones stay readable', async () => {
      const { api } = house();
      const path = '/templates/shop';
      const made = await api.ask('POST', '/templates', { body: { name: 'shop', ...content(1) } });
      expect(made).toMatchObject({ status: 201, body: { version: 1 } });
      const again = await api.ask('POST', '/templates', { body: { name: 'shop', ...content(1) } });
      expect(expectProblem(again, 409, 'template_exists')).toMatchObject([{ pointer: '/name', value: 'shop' }]);
      const versions = [];
      for (const count of [2, 2, 3])
        versions.push((await api.ask<Template>('PUT', path, { body: content(count) })).body.version);
      expect(versions).toEqual([2, 2, 3]);
      expect(await api.get(`${path}?version=1`)).toMatchObject({ vm_config: { web: { count: 1 } } });
      expect(await api.get(path)).toMatchObject({ version: 3, vm_config: { web: { count: 3 } } });
      const { items } = await api.get<TemplateList>('/templates');
      expect(items.find(({ name }) => name === 'shop')).toMatchObject({ version: 3, tiers: ['web'] });
      expect((await api.ask('DELETE', path)).status).toBe(204);
      expectProblem(await api.ask('GET', path), 404, 'not_found');
      expectProblem(await api.ask('PUT', path, { body: content(4) }), 404, 'not_found');
      expect(await api.get(`${path}?version=3`)).toMatchObject({ vm_config: { web: { count: 3 } } });
    });

    it('changed by many at once get a version for each change', async () => {
      const { api } = house();
      await api.ask('POST', '/templates', { body: { name: 'busy', ...content(1) } });
      const put = (count: number) => api.ask<Template>('PUT', '/templates/busy', { body: content(count) });
      const answers = await Promise.all([2, 3, 4, 5, 6].map(put));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(answers.map(({ body }) => body.version).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6]);
    });

    it('from files are there from the start', async () => {
      const template = await house().api.get<Template>('/templates/web-app-stack');
      expect(template.version).toBe(1);
      expect(Object.keys(template.vm_config)).toEqual(['web', 'app', 'db']);
    });
  });
}

function describeKeys(house: () => HouseOnSite): void {
  describe('API keys', () => {
    it('that may only read can look at everything and change nothing', async () => {
      const { api } = house();
      for (const path of ['/deployments', '/templates', '/regions'])
        expect((await api.ask('GET', path, { key: READ_KEY })).status).toBe(200);
      const changes: [string, string, object?][] = [
        ['POST', '/deployments', { name: 'x', template: 'small-stack', cloud_region: 'us-west-1' }],
        ['DELETE', '/deployments/019aa000-0000-7000-8000-000000000000'],
        ['POST', '/deployments/019aa000-0000-7000-8000-000000000000/cancel'],
        ['PUT', '/templates/small-stack', {}],
        ['DELETE', '/templates/small-stack'],
        ['GET', '/keys'],
      ];
      for (const [method, path, body] of changes)
        expectProblem(await api.ask(method, path, { key: READ_KEY, body }), 403, 'forbidden');
    });

    it.each([
      ['none', null, {}],
      ['a wrong one', 'nonsense', {}],
      ['an empty one', '', {}],
      ['a wrong bearer', null, { authorization: 'Bearer nonsense' }],
    ])('are needed: %s is 401', async (_, key, headers) => {
      const answer = await house().api.ask('GET', '/deployments', { key, headers });
      expectProblem(answer, 401, 'unauthenticated');
      expect(JSON.stringify(answer.body)).not.toContain('nonsense');
    });

    it('can be sent as bearer tokens', async () => {
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      expect((await house().api.ask('GET', '/keys', { key: null, headers })).status).toBe(200);
    });

    it('can be made, used and revoked', async () => {
      const { api } = house();
      const made = await api.ask<{ id: string; key: string }>('POST', '/keys', {
        body: { name: 'ci', scope: 'write' },
      });
      expect(made.status).toBe(201);
      const { id, key } = made.body;
      expect((await api.ask('GET', '/templates', { key })).status).toBe(200);
      expectProblem(await api.ask('GET', '/keys', { key }), 403, 'forbidden');
      expect(JSON.stringify(await api.get('/keys'))).not.toContain(key);
      expect((await api.ask('DELETE', `/keys/${id}`)).status).toBe(204);
      expectProblem(await api.ask('GET', '/templates', { key }), 401, 'unauthenticated');
    });
  });
}

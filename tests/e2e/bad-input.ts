/**
 * Everything that a person or a program gets wrong: each is told where, with the value and what to do, and changes nothing.
 */

import { describe, expect, it } from 'vitest';
import type { DeploymentPage } from '../../src/contract/deployment.ts';
import { expectProblem } from './api.ts';
import type { HouseOnSite } from './house-on-site.ts';

const SOUND = { name: 'wrong', template: 'web-app-stack', cloud_region: 'us-west-1', parameters: {} };
const UNKNOWN = '019aa000-0000-7000-8000-000000000000';

interface Case {
  readonly what: string;
  readonly body: unknown;
  readonly refusal: readonly [status: number, code: string];
  readonly pointer?: string;
  readonly value?: unknown;
  readonly remedy?: RegExp;
}

const deployment = (change: object) => ({ ...SOUND, ...change });
const NOT_FIT = [400, 'invalid_request'] as const;
const NO_PARAMETER = [422, 'invalid_parameters'] as const;
const NO_TEMPLATE = [422, 'invalid_template'] as const;

const REQUESTS: readonly Case[] = [
  { what: 'malformed JSON', body: '{"name": "a",}', refusal: [400, 'malformed_body'] },
  { what: 'a list', body: '[]', refusal: NOT_FIT, pointer: '', value: [] },
  {
    what: 'a number as name',
    body: deployment({ name: 7 }),
    refusal: NOT_FIT,
    pointer: '/name',
    value: 7,
    remedy: /text/,
  },
  {
    what: 'parameters that are no object',
    body: deployment({ parameters: 'x' }),
    refusal: NOT_FIT,
    pointer: '/parameters',
    value: 'x',
    remedy: /object/,
  },
  {
    what: 'an unknown field',
    body: deployment({ regoin: 'x' }),
    refusal: NOT_FIT,
    pointer: '/regoin',
    value: 'x',
    remedy: /\w/,
  },
  {
    what: 'a name that OpenStack refuses',
    body: deployment({ name: 'a/b' }),
    refusal: NOT_FIT,
    pointer: '/name',
    value: 'a/b',
    remedy: /letter or digit/,
  },
  {
    what: 'a name too long',
    body: deployment({ name: 'x'.repeat(64) }),
    refusal: NOT_FIT,
    pointer: '/name',
    value: 'x'.repeat(64),
    remedy: /62/,
  },
  {
    what: 'an unknown failure policy',
    body: deployment({ failure_policy: 'continue' }),
    refusal: NOT_FIT,
    pointer: '/failure_policy',
    value: 'continue',
    remedy: /rollback, hold/,
  },
  {
    what: 'an unknown template',
    body: deployment({ template: 'nothing' }),
    refusal: [422, 'unknown_template'],
    pointer: '/template',
    value: 'nothing',
    remedy: /web-app-stack/,
  },
  {
    what: 'an unknown region',
    body: deployment({ cloud_region: 'moon' }),
    refusal: [422, 'unknown_region'],
    pointer: '/cloud_region',
    value: 'moon',
    remedy: /us-west-1/,
  },
  {
    what: 'an unknown parameter',
    body: deployment({ parameters: { wbe_count: 2 } }),
    refusal: NO_PARAMETER,
    pointer: '/parameters/wbe_count',
    value: 2,
    remedy: /web_count/,
  },
  {
    what: 'a count below zero',
    body: deployment({ parameters: { web_count: -1 } }),
    refusal: NO_PARAMETER,
    pointer: '/parameters/web_count',
    value: -1,
    remedy: /whole number/,
  },
  {
    what: 'half a server',
    body: deployment({ parameters: { web_count: 1.5 } }),
    refusal: NO_PARAMETER,
    pointer: '/parameters/web_count',
    value: 1.5,
    remedy: /whole number/,
  },
  {
    what: 'a count above the ceiling',
    body: { ...SOUND, template: 'small-stack', parameters: { web_count: 101 } },
    refusal: NO_PARAMETER,
    pointer: '/parameters/web_count',
    value: 101,
    remedy: /max_count_per_tier/,
  },
  {
    what: "a count above the tier's maximum",
    body: deployment({ parameters: { db_count: 4 } }),
    refusal: NO_PARAMETER,
    pointer: '/parameters/db_count',
    value: 4,
    remedy: /from 1 to 3/,
  },
  {
    what: 'a parameter of the wrong type',
    body: deployment({ parameters: { image: 5 } }),
    refusal: NO_PARAMETER,
    pointer: '/parameters/image',
    value: 5,
    remedy: /\w/,
  },
  {
    what: 'a parameter that is empty',
    body: deployment({ parameters: { image: ' ' } }),
    refusal: NO_PARAMETER,
    pointer: '/template/vm_config/web/image',
    value: ' ',
    remedy: /as the cloud knows it/,
  },
];

const template = (change: { vm_config?: object; network_config?: object }) => ({
  name: 'wrong',
  vm_config: { web: { flavor: 'f', image: 'i', count: 1, ...change.vm_config } },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24' }, ...change.network_config },
});

const TEMPLATES: readonly Case[] = [
  {
    what: 'overlapping subnets',
    body: template({ network_config: { subnets: { web: '10.0.1.0/24', db: '10.0.1.128/25' } } }),
    refusal: NO_TEMPLATE,
    pointer: '/network_config/subnets/db',
    value: '10.0.1.128/25',
    remedy: /range of its own/,
  },
  {
    what: 'a subnet outside the network',
    body: template({ network_config: { subnets: { web: '10.0.1.0/24', db: '192.168.0.0/24' } } }),
    refusal: NO_TEMPLATE,
    pointer: '/network_config/subnets/db',
    value: '192.168.0.0/24',
    remedy: /inside 10\.0\.0\.0\/16/,
  },
  {
    what: 'host bits',
    body: template({ network_config: { cidr: '10.0.0.1/16' } }),
    refusal: NO_TEMPLATE,
    pointer: '/network_config/cidr',
    value: '10.0.0.1/16',
    remedy: /10\.0\.0\.0\/16/,
  },
  {
    what: 'a tier on a missing subnet',
    body: template({ vm_config: { subnet: 'cache' } }),
    refusal: NO_TEMPLATE,
    pointer: '/vm_config/web/subnet',
    value: 'cache',
    remedy: /one of: web/,
  },
  {
    what: 'more servers than addresses',
    body: template({ vm_config: { count: 9 }, network_config: { subnets: { web: '10.0.1.0/29' } } }),
    refusal: NO_TEMPLATE,
    pointer: '/network_config/subnets/web',
    value: '10.0.1.0/29',
    remedy: /larger range/,
  },
  {
    what: 'a placeholder that no parameter fills',
    body: template({ vm_config: { image: '${os}' } }),
    refusal: NO_TEMPLATE,
    pointer: '/vm_config/web/image',
    value: '${os}',
    remedy: /declare it/,
  },
];

export function describeBadInput(house: () => HouseOnSite): void {
  describe('a request that cannot be met', () => {
    const post = (path: string, body: unknown) => house().api.ask('POST', path, { body });

    it.each([
      ...REQUESTS.map((one) => ({ ...one, path: '/deployments' })),
      ...TEMPLATES.map((one) => ({ ...one, path: '/templates' })),
    ])(
      '($what at $path) is told where, with the value and a remedy',
      async ({ path, body, refusal, pointer, value, remedy = /\w/ }) => {
        const faults = expectProblem(await post(path, body), ...refusal);
        if (pointer === undefined) return;
        const expected = { pointer, value, detail: expect.stringMatching(/\w/), remedy: expect.stringMatching(remedy) };
        expect(faults).toContainEqual(expected);
      },
    );

    it.each(REQUESTS.filter(({ refusal: [status] }) => status === 422))(
      '($what) is refused by a dry run alike',
      async ({ body, refusal }) => {
        expectProblem(await post('/deployments?dry_run=true', body), ...refusal);
      },
    );

    it('because it has 2 MB is refused as too large', async () => {
      const body = deployment({ parameters: { x: 'a'.repeat(2_000_000) } });
      expectProblem(await post('/deployments', body), 413, 'body_too_large');
    });

    it('with all its faults is told all of them at once', async () => {
      const body = deployment({ parameters: { web_count: -1, app_count: 'x', nothing: 1, image: 5 } });
      const faults = expectProblem(await post('/deployments', body), ...NO_PARAMETER);
      expect(faults.map(({ pointer }) => pointer).toSorted()).toEqual([
        '/parameters/app_count',
        '/parameters/image',
        '/parameters/nothing',
        '/parameters/web_count',
      ]);
    });

    it.each([
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/cancel'],
      ['POST', '/retry'],
      ['GET', '/events'],
      ['GET', '/runs'],
      ['GET', `/runs/${UNKNOWN}`],
    ])('(%s of an unknown deployment%s) is 404, and 400 for what is no id', async (method, tail) => {
      const { api } = house();
      expectProblem(await api.ask(method, `/deployments/${UNKNOWN}${tail}`), 404, 'not_found');
      const [fault] = expectProblem(await api.ask(method, `/deployments/seven${tail}`), ...NOT_FIT);
      expect(fault).toMatchObject({ pointer: 'path/id', value: 'seven', remedy: expect.stringMatching(/\w/) });
    });

    it.each([
      ['/deployments?status=failed', 'query/status', 'failed'],
      ['/deployments?limit=0', 'query/limit', '0'],
      ['/deployments?statsu=FAILED', 'query/statsu', 'FAILED'],
      ['/deployments?cursor=bm9uZQ', 'query/cursor', 'bm9uZQ'],
    ])('(%s) is told which part of the query', async (path, pointer, value) => {
      const [fault] = expectProblem(await house().api.ask('GET', path), ...NOT_FIT);
      expect(fault).toMatchObject({ pointer, remedy: expect.stringMatching(/\w/) });
      expect(String(fault?.value)).toBe(value);
    });

    it('changes nothing', async () => {
      const { api } = house();
      expect(await api.get<DeploymentPage>('/deployments?name=wrong')).toMatchObject({ total: 0 });
      expectProblem(await api.ask('GET', '/templates/wrong'), 404, 'not_found');
    });
  });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from './check-template.ts';
import type { Fault } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { TemplateBody } from './template.ts';
import { AMPLE, validTemplate } from './testing/arbitrary-template.ts';

const LIMITS = { maxCountPerTier: 50, maxNodesPerPlan: 60 };
const SOUND = {
  vm_config: {
    web: { flavor: 'small', image: 'linux', count: 2 },
    app: { flavor: 'small', image: 'linux', count: 3, subnet: 'web' },
  },
  network_config: { cidr: '10.0.0.0/16', subnets: { web: '10.0.1.0/24', db: '10.0.2.0/24' }, router: {} },
};

type Changes = Readonly<Record<string, unknown>>;

/** The sound template with values put in at pointers; undefined takes a value out. */
function changed(changes: Changes): TemplateBody {
  const body = structuredClone(SOUND) as unknown as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(changes)) {
    const path = pointer.split('/').slice(1);
    const last = path.pop() ?? '';
    const holder = path.reduce((inner, part) => (inner[part] ??= {}) as Record<string, unknown>, body);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return body as unknown as TemplateBody; // sometimes it is none, on purpose
}

const check = (changes: Changes, stage: 'written' | 'merged' = 'merged'): Fault[] =>
  checkTemplate(changed(changes), LIMITS, stage);

describe('a sound template', () => {
  it('has no fault, merged or as it was written', () => {
    expect([check({}), check({}, 'written')]).toEqual([[], []]);
  });

  it('may hold placeholders while it is written', () => {
    const open = {
      '/network_config/cidr': '${range}',
      '/network_config/subnets/web': '10.${second}.1.0/24',
      '/network_config/dns': ['${dns}'],
      '/network_config/router/external_network': '${outside}',
      '/vm_config/web/count': '${n}',
      '/vm_config/app/subnet': '${where}',
      '/vm_config/app/max_count': '${most}',
      '/vm_config/app/metadata': { team: '${team}' },
    };
    expect(check(open, 'written')).toEqual([]);
  });

  it.each([
    ['/network_config/cidr', '0.0.0.0/0'],
    ['/network_config/subnets/db', '10.0.0.0/29'],
    ['/network_config/dns', ['192.0.2.53', '2001:db8::53']],
    ['/vm_config/web/count', 0],
    ['/vm_config/web/count', 50],
    ['/vm_config/web/user_data', 'ä'.repeat(24_574)],
    ['/vm_config/web/metadata', { team: '' }],
  ])('may have %s = %j', (pointer, value) => {
    expect(check({ [pointer]: value })).toEqual([]);
  });
});

describe('a template with one fault', () => {
  const cases: [what: string, changes: Changes, pointer: string, value: unknown, detail: RegExp, remedy: RegExp][] = [
    [
      'overlapping subnets',
      { '/network_config/subnets/db': '10.0.1.128/25' },
      '/network_config/subnets/db',
      '10.0.1.128/25',
      /db \(10\.0\.1\.128\/25\) overlaps subnet web \(10\.0\.1\.0\/24\)/,
      /range of its own/,
    ],
    [
      'a subnet outside the network',
      { '/network_config/subnets/db': '10.1.0.0/24' },
      '/network_config/subnets/db',
      '10.1.0.0/24',
      /not inside the network 10\.0\.0\.0\/16/,
      /inside 10\.0\.0\.0\/16/,
    ],
    [
      'a subnet larger than the network',
      {
        '/network_config/subnets/web': undefined,
        '/network_config/subnets/db': '10.0.0.0/8',
        '/vm_config/app/subnet': 'db',
      },
      '/network_config/subnets/db',
      '10.0.0.0/8',
      /not inside/,
      /larger network/,
    ],
    [
      'a subnet too small',
      { '/network_config/subnets/db': '10.0.2.0/30' },
      '/network_config/subnets/db',
      '10.0.2.0/30',
      /too small/,
      /29 or less/,
    ],
    [
      'host bits in a subnet',
      { '/network_config/subnets/db': '10.0.2.9/24' },
      '/network_config/subnets/db',
      '10.0.2.9/24',
      /bits beyond its \/24 prefix/,
      /Write 10\.0\.2\.0\/24/,
    ],
    [
      'host bits in the network',
      { '/network_config/cidr': '10.0.3.0/16' },
      '/network_config/cidr',
      '10.0.3.0/16',
      /bits beyond/,
      /Write 10\.0\.0\.0\/16/,
    ],
    [
      'an IPv6 network',
      { '/network_config/cidr': 'fd00::/48' },
      '/network_config/cidr',
      'fd00::/48',
      /no IPv4 range/,
      /such as 10\.0\.1\.0\/24/,
    ],
    [
      'a range that is a number',
      { '/network_config/cidr': 10 },
      '/network_config/cidr',
      10,
      /no IPv4 range/,
      /address and a prefix length/,
    ],
    [
      'a name server that is a name',
      { '/network_config/dns': ['192.0.2.53', 'dns.example'] },
      '/network_config/dns/1',
      'dns.example',
      /must be an IP address/,
      /192\.0\.2\.53/,
    ],
    [
      'a name server in shorthand',
      { '/network_config/dns': ['10.1'] },
      '/network_config/dns/0',
      '10.1',
      /must be an IP address/,
      /such as/,
    ],
    [
      'an external network that is a number',
      { '/network_config/router/external_network': 7 },
      '/network_config/router/external_network',
      7,
      /network must be a text/,
      /as the cloud knows it/,
    ],
    [
      'a tier on a missing subnet',
      { '/vm_config/app/subnet': 'cache' },
      '/vm_config/app/subnet',
      'cache',
      /on the subnet cache, which network_config\.subnets does not have/,
      /one of: web, db/,
    ],
    [
      'a tier that could be on any subnet',
      { '/vm_config/app/subnet': undefined },
      '/vm_config/app',
      undefined,
      /names no subnet, and none is called app/,
      /one of: web, db/,
    ],
    ['a count below zero', { '/vm_config/web/count': -1 }, '/vm_config/web/count', -1, /0 or more/, /whole number/],
    ['a broken count', { '/vm_config/web/count': 1.5 }, '/vm_config/web/count', 1.5, /whole number/, /whole number/],
    ['a count as text', { '/vm_config/web/count': '2' }, '/vm_config/web/count', '2', /whole number/, /whole number/],
    ['no count', { '/vm_config/web/count': undefined }, '/vm_config/web/count', undefined, /whole number/, /whole/],
    [
      'a count above the ceiling',
      { '/vm_config/web/count': 51 },
      '/vm_config/web/count',
      51,
      /ceiling of 50/,
      /max_count_per_tier/,
    ],
    [
      'a maximum above the ceiling',
      { '/vm_config/web/max_count': 500 },
      '/vm_config/web/max_count',
      500,
      /ceiling of 50/,
      /max_count_per_tier/,
    ],
    [
      'a count below its minimum',
      { '/vm_config/web/min_count': 3 },
      '/vm_config/web/count',
      2,
      /at least 3 servers/,
      /3 or more/,
    ],
    [
      'a count above its maximum',
      { '/vm_config/web/min_count': 0, '/vm_config/web/max_count': 1 },
      '/vm_config/web/count',
      2,
      /from 0 to 1 servers/,
      /from 0 to 1/,
    ],
    [
      'bounds the wrong way round',
      { '/vm_config/web/min_count': 3, '/vm_config/web/max_count': 2 },
      '/vm_config/web/min_count',
      3,
      /above its max_count 2/,
      /Lower min_count/,
    ],
    [
      'more servers than the subnet has addresses',
      { '/network_config/subnets/web': '10.0.1.0/29' },
      '/network_config/subnets/web',
      '10.0.1.0/29',
      /addresses for 3 servers, but its tiers ask for 5/,
      /larger range or fewer servers/,
    ],
    [
      'more resources than a plan may have',
      { '/vm_config/web/count': 50, '/vm_config/app/count': 5 },
      '/vm_config',
      55,
      /61 resources, more than the 60/,
      /max_nodes_per_plan/,
    ],
    ['an empty flavor', { '/vm_config/web/flavor': ' ' }, '/vm_config/web/flavor', ' ', /1 to 255/, /Name the flavor/],
    [
      'no image',
      { '/vm_config/web/image': undefined },
      '/vm_config/web/image',
      undefined,
      /1 to 255/,
      /Name the image/,
    ],
    [
      'a key pair of null',
      { '/vm_config/web/key_name': null },
      '/vm_config/web/key_name',
      null,
      /key pair/,
      /key pair/,
    ],
    [
      'a security group that is a number',
      { '/vm_config/web/security_groups': ['default', 7] },
      '/vm_config/web/security_groups/1',
      7,
      /security group must be a text/,
      /as the cloud knows it/,
    ],
    [
      'user data that is none',
      { '/vm_config/web/user_data': 7 },
      '/vm_config/web/user_data',
      7,
      /a text/,
      /cloud-init/,
    ],
    [
      'user data too long once encoded',
      { '/vm_config/web/user_data': 'ä'.repeat(24_575) },
      '/vm_config/web/user_data',
      undefined,
      /49150 bytes, more than the 49149/,
      /Shorten it/,
    ],
    [
      'metadata that is no text',
      { '/vm_config/web/metadata': { 'a/b': 7 } },
      '/vm_config/web/metadata/a~1b',
      7,
      /must be a text/,
      /Give a text/,
    ],
  ];

  it.each(cases)('is told of %s, with pointer, value and remedy', (_, changes, pointer, value, detail, remedy) => {
    const expected = { pointer, detail: expect.stringMatching(detail), remedy: expect.stringMatching(remedy) };
    expect(check(changes)).toEqual([value === undefined ? expected : { ...expected, value }]);
  });

  it.each(cases)('is told of %s when it is written, too', (_, changes, pointer) => {
    expect(check(changes, 'written').map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe('a template with several faults', () => {
  it('is told of all of them at once', () => {
    const faults = check({
      '/network_config/subnets/db': '10.9.0.0/24',
      '/network_config/dns': ['x'],
      '/vm_config/web/count': -1,
      '/vm_config/app/subnet': 'cache',
      '/vm_config/app/flavor': '',
    });
    expect(faults.map((fault) => fault.pointer).toSorted()).toEqual([
      '/network_config/dns/0',
      '/network_config/subnets/db',
      '/vm_config/app/flavor',
      '/vm_config/app/subnet',
      '/vm_config/web/count',
    ]);
  });
});

describe('a value that still holds a placeholder after merging', () => {
  it.each([
    '/network_config/cidr',
    '/network_config/subnets/web',
    '/vm_config/web/count',
    '/vm_config/web/min_count',
    '/vm_config/app/subnet',
  ])('is a fault at %s: a parameter may have brought it in', (pointer) => {
    expect(check({ [pointer]: '${x}' }).map((fault) => fault.pointer)).toContain(pointer);
  });

  it('is one when it is written as well, if no parameter can ever replace it', () => {
    expect(check({ '/network_config/cidr': '${1}' }, 'written')[0]).toMatchObject({ value: '${1}' });
  });
});

describe('any template', () => {
  it('with a wrong value anywhere is answered with faults, never with an exception', () => {
    const pointers = pointersOf(SOUND);
    const value = fc.oneof(fc.constantFrom(null, true, -1, 1e9, '', '${x}', '10.0.0.0/8'), fc.string(), fc.double());
    fc.assert(
      fc.property(fc.constantFrom(...pointers), value, (pointer, wrong) => {
        for (const fault of [...check({ [pointer]: wrong }), ...check({ [pointer]: wrong }, 'written')]) {
          expect(fault.pointer).toMatch(/^\/(vm_config|network_config)/);
          expect([fault.detail, fault.remedy].every((words) => /\w/.test(words))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('that is valid has room for the servers it asks for and not for a single resource less', () => {
    fc.assert(
      fc.property(validTemplate, (template) => {
        const servers = Object.values(template.vm_config).reduce((sum, { count }) => sum + count, 0);
        const subnets = Object.keys(template.network_config.subnets).length;
        const total = servers + (template.network_config.router ? 2 : 1) * (1 + subnets);
        expect(checkTemplate(template, { ...AMPLE, maxNodesPerPlan: total }, 'merged')).toEqual([]);
        expect(checkTemplate(template, { ...AMPLE, maxNodesPerPlan: total - 1 }, 'merged')).toHaveLength(1);
      }),
    );
  });
});

/** Pointers of all single values. */
function pointersOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value as JsonObject).flatMap(([key, inner]) => pointersOf(inner, `${at}/${key}`));
}

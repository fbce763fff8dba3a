import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { declaredParameters, escapePointer, holdsPlaceholder, mergeTemplate } from './merge-template.ts';
import { validTemplate } from './testing/arbitrary-template.ts';

const asBody = (template: unknown): JsonObject => template as JsonObject; // a template is JSON
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);

/** Texts with and without placeholders, and what only looks like one. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('${', '$', '}', '${1}', '${}', 'a b'),
      name.map((n) => `\${${n}}`),
      fc.string(),
    ),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const body = fc.record({ vm_config: fc.dictionary(name, json), network_config: fc.dictionary(name, json) });
const parameters = fc.dictionary(name, fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[a-z]{0,5}$/)));

function texts(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

function placeholders(value: Json): string[] {
  return texts(value).flatMap((one) => [...one.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map((match) => match[1]!));
}

describe('mergeTemplate', () => {
  it('changes nothing where there is no placeholder and no count', () => {
    fc.assert(
      fc.property(validTemplate, (template) => {
        const merged = mergeTemplate(asBody(template), { elsewhere: 1 });
        expect(merged).toEqual({ body: template, faults: [] });
        expect(Object.keys(merged.body.vm_config)).toEqual(Object.keys(template.vm_config));
      }),
    );
  });

  it('is done after the first time', () => {
    fc.assert(
      fc.property(body, parameters, (template, given) => {
        const once = mergeTemplate(asBody(template), given);
        const twice = mergeTemplate(asBody(once.body), given);
        expect(twice.body).toEqual(once.body);
        expect(twice.faults).toEqual(once.faults);
      }),
    );
  });

  it('leaves exactly the placeholders that have no value, and reports each at its place', () => {
    fc.assert(
      fc.property(body, parameters, (template, given) => {
        // A value inside another placeholder's braces makes a new one, which is not looked at again.
        fc.pre(!JSON.stringify(template).includes('${${'));
        const { body: merged, faults } = mergeTemplate(asBody(template), given);
        const missing = placeholders(asBody(template)).filter((one) => !Object.hasOwn(given, one));
        // A tier's count is overridden whatever stood there.
        const counted = Object.keys(given).filter((one) =>
          Object.hasOwn(template.vm_config, one.replace(/_count$/, '')),
        );
        if (!counted.some((one) => one.endsWith('_count')))
          expect(placeholders(asBody(merged)).toSorted()).toEqual(missing.toSorted());
        expect(faults.map((fault) => String(fault.value)).toSorted()).toEqual(
          missing.map((one) => `\${${one}}`).toSorted(),
        );
        for (const fault of faults) {
          expect(texts(valueAt(asBody(template), fault.pointer)).join()).toContain(String(fault.value));
          expect(fault.remedy).toContain(String(fault.value).slice(2, -1));
        }
      }),
    );
  });

  it('never changes what it was given', () => {
    fc.assert(
      fc.property(body, parameters, (template, given) => {
        const before = JSON.stringify([template, given]);
        mergeTemplate(asBody(template), given);
        expect(JSON.stringify([template, given])).toBe(before);
      }),
    );
  });

  it('lets a count override the count of its tier and of no other', () => {
    fc.assert(
      fc.property(validTemplate, fc.nat(), (template, count) => {
        const [tier = ''] = Object.keys(template.vm_config);
        const { body: merged } = mergeTemplate(asBody(template), { [`${tier}_count`]: count });
        const expected = { ...template.vm_config, [tier]: { ...template.vm_config[tier], count } };
        expect(merged.vm_config).toEqual(expected);
      }),
    );
  });
});

describe('a placeholder', () => {
  const fill = (value: Json, given: JsonObject): unknown =>
    mergeTemplate({ vm_config: { web: { it: value } }, network_config: {} }, given).body.vm_config['web'];

  it.each<[Json, JsonObject, Json]>([
    ['${n}', { n: 3 }, 3],
    ['${n}', { n: true }, true],
    ['${n}', { n: null }, null],
    ['${n}', { n: ['a'] }, ['a']],
    ['${n} servers', { n: 3 }, '3 servers'],
    ['${a}-${b}', { a: 'x', b: 'y' }, 'x-y'],
    ['${a}', { a: '${b}', b: 'y' }, '${b}'],
    [['${a}', { deep: '${a}' }], { a: 'x' }, ['x', { deep: 'x' }]],
    ['$${a}', { a: 'x' }, '$x'],
    ['${1a} ${} $a {a}', { a: 'x' }, '${1a} ${} $a {a}'],
  ])('%j with %j becomes %j', (value, given, expected) => {
    expect(fill(value, given)).toEqual({ it: expected });
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'named %s has only the value that was given',
    (one) => {
      const { faults } = mergeTemplate({ vm_config: { web: { it: `\${${one}}` } }, network_config: {} }, {});
      expect(faults).toEqual([expect.objectContaining({ pointer: '/vm_config/web/it', value: `\${${one}}` })]);
    },
  );

  it('is told from what only looks like one', () => {
    expect(['${a}', 'x${A_1}y', '${1}', '${a b}', '$a', '', 7, null].map(holdsPlaceholder)).toEqual([
      true,
      true,
      ...Array.from({ length: 6 }, () => false),
    ]);
  });
});

describe('a count parameter', () => {
  const template = { vm_config: { 'web-1': { count: 1 }, a_count: { count: 5 } }, network_config: {} };

  it('may belong to a tier whose name has its own dashes and counts', () => {
    const { body: merged } = mergeTemplate(template, { 'web-1_count': 4, a_count_count: 6, b_count: 9 });
    expect(merged.vm_config).toEqual({ 'web-1': { count: 4 }, a_count: { count: 6 } });
  });

  it('for a tier that every object inherits is none', () => {
    const { body: merged } = mergeTemplate(template, { constructor_count: 4, toString_count: 4 });
    expect(merged.vm_config).toEqual(template.vm_config);
  });
});

it('reads declared parameters and survives a schema that is none', () => {
  expect(declaredParameters({ parameters: { properties: { a: {}, b: {} } } })).toEqual(['a', 'b']);
  expect([{}, { parameters: 7 }, { parameters: { properties: [] } }].map((one) => declaredParameters(one))).toEqual([
    [],
    [],
    [],
  ]);
});

it('escapes a part of a pointer so that it can be told from two parts', () => {
  expect(escapePointer('a/b~c')).toBe('a~1b~0c');
});

function valueAt(value: Json, pointer: string): Json {
  const parts = pointer.split('/').slice(1);
  return parts.reduce<Json>(
    (inner, part) => (inner as JsonObject)[part.replaceAll('~1', '/').replaceAll('~0', '~')] ?? null,
    value,
  );
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isArray } from './equal.ts';
import {
  bothFilters,
  equalities,
  filterFields,
  filterJson,
  filterKey,
  isFieldPath,
  matches,
  parseFilter,
  readField,
  type Filter,
  type FilterJson,
} from './filter.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './parse.ts';

const parse = (raw: unknown): Filter => {
  const parsed = parseFilter(raw);
  if (!parsed.ok) throw new Error(`${parsed.code}: ${parsed.message}`);
  return parsed.value;
};
const passes = (filter: FilterJson, row: JsonObject): boolean => matches(parse(filter), row);
const row: JsonObject = {
  id: 'a',
  status: 'down',
  n: 5,
  on: true,
  none: null,
  labels: { env: 'prod', 'k8s.io/name': 'x' },
  list: ['prod'],
  facts: { reach: { v: 'ok' } },
};

test.each([
  [['eq', 'status', 'down'], true],
  [['eq', 'status', 'up'], false],
  [['neq', 'status', 'up'], true],
  [['lt', 'n', 6], true],
  [['lt', 'n', 5], false],
  [['lte', 'n', 5], true],
  [['gt', 'n', 5], false],
  [['gte', 'n', 5], true],
  [['in', 'status', ['up', 'down']], true],
  [['in', 'status', ['up']], false],
  [['nin', 'status', ['up', 'degraded']], true],
  [['nin', 'status', ['up', 'down']], false],
  [['prefix', 'status', 'do'], true],
  [['contains', 'status', 'OW'], true],
  [['contains', 'status', 'up'], false],
  [['contains', 'list', 'ro'], true],
  [['null', 'none'], true],
  [['null', 'none', false], false],
  [['null', 'n', false], true],
  [['and', ['eq', 'on', true], ['eq', 'n', 5]], true],
  [['and', ['eq', 'on', true], ['eq', 'n', 6]], false],
  [['or', ['eq', 'on', false], ['eq', 'n', 5]], true],
  [['or', ['eq', 'on', false], ['eq', 'n', 6]], false],
  [['not', ['eq', 'n', 6]], true],
  [['not', ['lt', 'n', 6]], false],
  [['all'], true],
  [['and'], true],
  [['or'], false],
  [['in', 'status', []], false],
  [['nin', 'status', []], true],
] as [FilterJson, boolean][])('[FI1] %j is %s', (filter, expected) => {
  expect(passes(filter, row)).toBe(expected);
});

test('[FI1] no filter lets every record through', () => {
  expect(matches(parse(undefined), row)).toBe(true);
  expect(parse(undefined)).toEqual(parse(['all']));
});

test('[FI2] an absent field counts as null, and negations are exact opposites', () => {
  expect(passes(['null', 'missing'], row)).toBe(true);
  expect(passes(['eq', 'missing', null], row)).toBe(true);
  expect(passes(['in', 'missing', [null, 'x']], row)).toBe(true);
  expect(passes(['neq', 'missing', 'x'], row)).toBe(true);
  expect(passes(['nin', 'missing', ['x', 'y']], row)).toBe(true);
  expect(passes(['not', ['gte', 'missing', 1]], row)).toBe(true);
  expect(passes(['not', ['prefix', 'none', 'x']], row)).toBe(true);
});

test('[FI3] only two numbers or two strings have an order', () => {
  expect(passes(['lt', 'n', '6'], row)).toBe(false);
  expect(passes(['gte', 'n', '4'], row)).toBe(false);
  expect(passes(['lt', 'none', 1], row)).toBe(false);
  expect(passes(['gt', 'on', 0], row)).toBe(false);
  expect(passes(['lt', 'status', 'e'], row)).toBe(true);
  // By code units: U+FF5E comes after the surrogates of U+1F600, although its code point is smaller.
  expect(passes(['lt', 's', '\uff5e'], { s: '\u{1f600}' })).toBe(true);
});

test('[FI4] prefix is for strings and case-sensitive', () => {
  expect(passes(['prefix', 'status', 'Do'], row)).toBe(false);
  expect(passes(['prefix', 'status', ''], row)).toBe(true);
  expect(passes(['prefix', 'n', ''], row)).toBe(false);
  expect(passes(['prefix', 'list', 'p'], row)).toBe(false);
});

test('[FI5] one key of an object field is reached by a dot, and only own fields are seen', () => {
  expect(passes(['eq', 'labels.env', 'prod'], row)).toBe(true);
  expect(passes(['eq', 'labels.k8s.io/name', 'x'], row)).toBe(true);
  expect(passes(['null', 'labels.team'], row)).toBe(true);
  expect(passes(['null', 'status.length'], row)).toBe(true);
  expect(passes(['null', 'list.length'], row)).toBe(true);
  expect(passes(['null', 'toString'], row)).toBe(true);
  expect(passes(['null', 'labels.toString'], row)).toBe(true);
  expect(readField(row, 'labels.env')).toBe('prod');
  expect(readField(row, 'missing.env')).toBeNull();
});

test('[FI6] lists and objects equal no scalar and are not null', () => {
  expect(passes(['eq', 'list', 'prod'], row)).toBe(false);
  expect(passes(['in', 'list', ['prod', '', null]], row)).toBe(false);
  expect(passes(['null', 'labels'], row)).toBe(false);
  expect(passes(['null', 'facts.reach', false], row)).toBe(true);
});

test.each([
  [
    ['and', ['eq', 'b', 1], ['and', ['eq', 'a', 1], ['eq', 'c', 1]]],
    ['and', ['eq', 'a', 1], ['eq', 'b', 1], ['eq', 'c', 1]],
  ],
  [
    ['or', ['eq', 'a', 1], ['eq', 'a', 1]],
    ['eq', 'a', 1],
  ],
  [
    ['and', ['all'], ['eq', 'a', 1]],
    ['eq', 'a', 1],
  ],
  [['or', ['all'], ['eq', 'a', 1]], ['all']],
  [['and', ['or'], ['eq', 'a', 1]], ['or']],
  [
    ['or', ['or'], ['eq', 'a', 1]],
    ['eq', 'a', 1],
  ],
  [['and'], ['all']],
  [
    ['in', 'a', [2, 1, 2]],
    ['in', 'a', [1, 2]],
  ],
  [
    ['in', 'a', ['x', 'x']],
    ['eq', 'a', 'x'],
  ],
  [
    ['nin', 'a', ['x']],
    ['neq', 'a', 'x'],
  ],
  [['in', 'a', []], ['or']],
  [['nin', 'a', []], ['all']],
  [
    ['eq', 'a', null],
    ['null', 'a', true],
  ],
  [
    ['in', 'a', [null]],
    ['null', 'a', true],
  ],
  [
    ['neq', 'a', null],
    ['null', 'a', false],
  ],
  [
    ['null', 'a'],
    ['null', 'a', true],
  ],
  [
    ['not', ['not', ['prefix', 'a', 'x']]],
    ['prefix', 'a', 'x'],
  ],
  [
    ['not', ['eq', 'a', 1]],
    ['neq', 'a', 1],
  ],
  [
    ['not', ['in', 'a', [1, 2]]],
    ['nin', 'a', [1, 2]],
  ],
  [['not', ['all']], ['or']],
  [['not', ['or']], ['all']],
  [
    ['not', ['lt', 'a', 1]],
    ['not', ['lt', 'a', 1]],
  ],
  [
    ['eq', 'a', -0],
    ['eq', 'a', 0],
  ],
] as [FilterJson, FilterJson][])('[FI7] %j becomes %j', (raw, canonical) => {
  expect(filterJson(parse(raw))).toEqual(canonical);
});

test('[FI7] a parsed filter cannot be changed', () => {
  const isDeepFrozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen));
  expect(
    isDeepFrozen(parse(['and', ['in', 'a', [1, 2]], ['not', ['or', ['lt', 'b', 1], ['gt', 'b', 3]]], ['null', 'c']])),
  ).toBe(true);
  expect(isDeepFrozen(parse(['or']))).toBe(true);
});

test('[FI8] the canonical filter lets through exactly what the original does, and reads back as itself', () => {
  fc.assert(
    fc.property(filters, fc.array(rows, { minLength: 1, maxLength: 10 }), (raw, samples) => {
      const filter = parse(raw);
      for (const sample of samples) expect(matches(filter, sample)).toBe(naive(raw, sample));
      expect(parse(filterJson(filter))).toEqual(filter);
      expect(filterKey(parse(filterJson(filter)))).toBe(filterKey(filter));
    }),
    { numRuns: 2000 },
  );
});

test('[FI9] order and repetition do not change the key', () => {
  fc.assert(
    fc.property(filters, fc.infiniteStream(fc.nat()), (raw, chance) => {
      const shuffled = shuffle(raw, chance);
      expect(filterKey(parse(shuffled))).toBe(filterKey(parse(raw)));
    }),
    { numRuns: 1000 },
  );
  expect(filterKey(parse(['eq', 'a', 1]))).not.toBe(filterKey(parse(['eq', 'a', '1'])));
});

test('[FI10] filters beyond the limits are too complex, and those at the limits are not', () => {
  const deep = (levels: number): FilterJson => {
    let filter: FilterJson = ['lt', 'a', 1];
    for (let level = 1; level < levels; level++) filter = ['not', filter];
    return filter;
  };
  const wide = (leaves: number): FilterJson => ['or', ...Array.from({ length: leaves }, (_, i) => ['eq', 'a', i])];
  const list = (values: number): FilterJson => ['in', 'a', Array.from({ length: values }, (_, i) => i)];
  const long = (chars: number): FilterJson => ['eq', 'a', 'x'.repeat(chars)];
  for (const within of [deep(5), wide(64), list(1000), long(1024), ['prefix', 'a', 'x'.repeat(1024)]])
    expect(parseFilter(within).ok).toBe(true);
  for (const beyond of [
    deep(6),
    deep(10_000),
    wide(65),
    list(1001),
    long(1025),
    ['prefix', 'a', 'x'.repeat(1025)],
    ['in', 'a', ['x'.repeat(1025)]],
  ]) {
    expect(parseFilter(beyond)).toMatchObject({ ok: false, code: 'too_complex' });
  }
  // Empty groups are conditions too: without counting them, a filter could be wide for free.
  expect(parseFilter(['or', ...Array.from({ length: 65 }, () => ['and'])])).toMatchObject({ code: 'too_complex' });
});

test.each([
  [null],
  [1],
  ['eq'],
  [{}],
  [[]],
  [[1]],
  [['EQ', 'a', 1]],
  [['eq', 'a']],
  [['eq', 'a', 1, 2]],
  [['eq', 1, 1]],
  [['eq', 'a', {}]],
  [['eq', 'a', [1]]],
  [['eq', '', 1]],
  [['eq', 'a b', 1]],
  [['eq', '.a', 1]],
  [['eq', 'a.', 1]],
  [['eq', 'a.\u0000', 1]],
  [['eq', '__proto__', 1]],
  [['eq', 'a.__proto__', 1]],
  [['eq', 'constructor', 1]],
  [['eq', 'labels.prototype', 1]],
  [['eq', 'x'.repeat(65), 1]],
  [['lt', 'a', true]],
  [['lt', 'a', null]],
  [['in', 'a', 'x']],
  [['in', 'a', [[1]]]],
  [['in', 'a']],
  [['prefix', 'a', 1]],
  [['null', 'a', 1]],
  [['null', 'a', true, 1]],
  [['not']],
  [['not', ['all'], ['all']]],
  [['all', 1]],
  [['and', 1]],
  [['or', ['eq']]],
  [['toString', 'a', 1]],
  [['__proto__', 'a', 1]],
  [['like', 'a', '%']],
  [['eq', 'a', Infinity]],
  [['in', 'a', [NaN]]],
])('[FI11] %j is not a filter', (raw) => {
  const refused = parseFilter(raw);
  expect(refused).toMatchObject({ ok: false, code: 'bad_filter' });
  // Says what was found and what was expected.
  expect(refused.ok ? '' : refused.message).toMatch(/found .*expected/);
});

test('[FI11] whatever is parsed, nothing throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.jsonValue(),
        fc.array(fc.jsonValue()).map((rest) => ['and', ...rest]),
      ),
      (raw) => {
        expect(typeof parseFilter(raw).ok).toBe('boolean');
      },
    ),
    { numRuns: 2000 },
  );
});

test('equalities are pairs that every match has', () => {
  expect(equalities(parse(['and', ['eq', 'a', 1], ['lt', 'b', 2], ['eq', 'labels.env', 'x']]))).toEqual([
    { field: 'a', value: 1 },
    { field: 'labels.env', value: 'x' },
  ]);
  expect(equalities(parse(['or', ['eq', 'a', 1], ['eq', 'b', 2]]))).toEqual([]);
  fc.assert(
    fc.property(filters, rows, (raw, sample) => {
      const filter = parse(raw);
      if (!matches(filter, sample)) return;
      for (const { field, value } of equalities(filter)) expect(readField(sample, field)).toBe(value);
    }),
  );
});

test('bothFilters lets through what both let through, in canonical form', () => {
  fc.assert(
    fc.property(filters, filters, rows, (a, b, sample) => {
      const both = bothFilters(parse(a), parse(b));
      expect(matches(both, sample)).toBe(naive(a, sample) && naive(b, sample));
      expect(filterKey(both)).toBe(filterKey(bothFilters(parse(b), parse(a))));
    }),
  );
  expect(bothFilters(parse(['all']), parse(['eq', 'a', 1]))).toEqual(parse(['eq', 'a', 1]));
});

test('filterFields names the fields looked at, once each', () => {
  expect(
    filterFields(parse(['and', ['eq', 'labels.env', 1], ['eq', 'labels.team', 1], ['not', ['lt', 'n', 1]]])).toSorted(),
  ).toEqual(['labels', 'n']);
  expect(filterFields(parse(['all']))).toEqual([]);
});

test('isFieldPath knows fields and keys', () => {
  for (const good of ['a', '_x1', 'labels.env', 'labels.k8s.io/name', 'values.services.up'])
    expect(isFieldPath(good)).toBe(true);
  for (const bad of [
    '',
    '1a',
    'a-b',
    'a.',
    '.a',
    'a\nb',
    'labels.\n',
    '__proto__',
    'a.constructor',
    `a.${'x'.repeat(129)}`,
  ])
    expect(isFieldPath(bad)).toBe(false);
});

const scalars = fc.constantFrom<null | boolean | number | string>(
  null,
  true,
  false,
  0,
  1,
  2,
  '',
  '1',
  'a',
  'ab',
  '\u{1f600}',
);
const fields = fc.constantFrom('a', 'b', 'c.k', 'c.l.m');
const leaves: fc.Arbitrary<FilterJson> = fc.oneof(
  fc.tuple(fc.constantFrom('eq', 'neq'), fields, scalars),
  fc.tuple(fc.constantFrom('lt', 'lte', 'gt', 'gte'), fields, fc.constantFrom<number | string>(0, 1, 2, '', 'a', 'b')),
  fc.tuple(fc.constantFrom('in', 'nin'), fields, fc.array(scalars, { maxLength: 12 })),
  fc.tuple(fc.constant('prefix'), fields, fc.constantFrom('', 'a', 'ab')),
  fc.tuple(fc.constant('contains'), fields, fc.constantFrom('', 'A', 'b')),
  fc.tuple(fc.constant('null'), fields),
  fc.tuple(fc.constant('null'), fields, fc.boolean()),
  fc.constantFrom(['all'], ['and'], ['or']),
);
const filters: fc.Arbitrary<FilterJson> = level(3);
const values: fc.Arbitrary<Json> = fc.oneof(scalars, fc.constantFrom<Json>([], ['a'], {}, { k: 1 }));
const rows: fc.Arbitrary<JsonObject> = fc.record(
  { a: values, b: values, c: fc.oneof(values, fc.record({ k: values, 'l.m': values }, { requiredKeys: [] })) },
  { requiredKeys: [] },
);

function level(depth: number): fc.Arbitrary<FilterJson> {
  if (depth === 0) return leaves;
  const child = level(depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: leaves },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(child, { maxLength: 3 }))
        .map(([op, of]): FilterJson => [op, ...of]),
    },
    { weight: 1, arbitrary: child.map((of): FilterJson => ['not', of]) },
  );
}

/** What a filter means, straight from the rules and without canonical form. */
function naive(raw: FilterJson, sample: JsonObject): boolean {
  const [op = null, ...args] = listOf(raw);
  if (op === 'all') return true;
  if (op === 'and') return args.every((child) => naive(child, sample));
  if (op === 'or') return args.some((child) => naive(child, sample));
  if (op === 'not') return !naive(args[0] ?? null, sample);
  const [outer = '', ...rest] = textOf(args[0]).split('.');
  const held = sample[outer];
  let value: Json = held ?? null;
  if (rest.length > 0) {
    value = isJsonObject(held) ? (held[rest.join('.')] ?? null) : null;
  }
  const wanted = args[1] ?? null;
  switch (op) {
    case 'eq':
      return value === wanted;
    case 'neq':
      return value !== wanted;
    case 'in':
      return listOf(wanted).includes(value);
    case 'nin':
      return !listOf(wanted).includes(value);
    case 'prefix':
      return typeof value === 'string' && value.startsWith(textOf(wanted));
    case 'contains':
      return (Array.isArray(value) ? value : [value]).some(
        (each) => typeof each === 'string' && each.toLowerCase().includes(textOf(wanted).toLowerCase()),
      );
    case 'null':
      return (value === null) === (args[1] ?? true);
    default: {
      if (typeof value !== typeof wanted || (typeof value !== 'number' && typeof value !== 'string') || wanted === null)
        return false;
      const order = value < wanted ? -1 : value > wanted ? 1 : 0;
      return { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0 }[textOf(op)] ?? false;
    }
  }
}

/** The same filter with the children and list values of every node in another order, some of them twice. */
function shuffle(raw: FilterJson, chance: fc.Stream<number>): FilterJson {
  const next = (): number => chance.next().value ?? 0;
  const mix = <T>(items: readonly T[]): T[] => {
    const mixed = items
      .map((item) => ({ item, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
    const [first] = mixed;
    return first !== undefined && next() % 3 === 0 ? [...mixed, first] : mixed;
  };
  const [op = null, ...args] = listOf(raw);
  if (op === 'and' || op === 'or') return [op, ...mix(args.map((child) => shuffle(child, chance)))];
  if (op === 'not') return [op, shuffle(args[0] ?? null, chance)];
  if (op === 'in' || op === 'nin') return [op, args[0] ?? null, mix(listOf(args[1]))];
  return raw;
}

function listOf(value: Json | undefined): readonly Json[] {
  if (!isArray(value)) throw new Error('expected a list');
  return value;
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error('expected a string');
  return value;
}

test('[FI13] contains finds its text anywhere in a string or in a string of a list, whatever the case', () => {
  const customer: JsonObject = { id: 'c', name: 'Ärzte & Söhne', tags: ['VIP', 'north'], n: 12, none: null, empty: '' };
  for (const part of ['ärzte', 'SÖHNE', ' & ', '']) expect(passes(['contains', 'name', part], customer)).toBe(true);
  expect(passes(['contains', 'name', 'soehne'], customer)).toBe(false);
  expect(passes(['contains', 'tags', 'vip'], customer)).toBe(true);
  expect(passes(['contains', 'tags', 'south'], customer)).toBe(false);
  for (const field of ['n', 'none', 'nosuch']) expect(passes(['contains', field, ''], customer)).toBe(false);
  expect(passes(['not', ['contains', 'none', 'x']], customer)).toBe(true);
  expect(filterKey(parse(['contains', 'name', 'ABC']))).toBe(filterKey(parse(['contains', 'name', 'abc'])));
  expect(parseFilter(['contains', 'name', 7])).toMatchObject({ ok: false, code: 'bad_filter' });
  expect(parseFilter(['contains', 'name', 'x'.repeat(1025)])).toMatchObject({ ok: false, code: 'too_complex' });
});

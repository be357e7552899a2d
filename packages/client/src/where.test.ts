import type { Service } from '@statewire/model';
import { parseFilter } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { compileWhere, type Where } from './where.ts';

const cases: readonly (readonly [Where<Service>, unknown])[] = [
  [{ status: 'down' }, ['eq', 'status', 'down']],
  [{ status: ['down', 'degraded', 'down'] }, ['in', 'status', ['degraded', 'down']]],
  [{ status: [] }, ['in', 'status', []]],
  [{ lastOkAt: null }, ['null', 'lastOkAt', true]],
  [{ name: { prefix: 'mcp-' } }, ['prefix', 'name', 'mcp-']],
  [{ name: { contains: 'Shop' } }, ['contains', 'name', 'Shop']],
  [{ flaps: { gt: 2, lte: 9 } }, ['and', ['gt', 'flaps', 2], ['lte', 'flaps', 9]]],
  [{ kind: { not: ['mcp', 'http'] } }, ['nin', 'kind', ['http', 'mcp']]],
  [{ kind: { not: 'mcp' } }, ['neq', 'kind', 'mcp']],
  [{ lastOkAt: { not: null } }, ['null', 'lastOkAt', false]],
  [{ lastOkAt: { null: false } }, ['null', 'lastOkAt', false]],
  [{ 'labels.env': 'prod', status: 'up' }, ['and', ['eq', 'labels.env', 'prod'], ['eq', 'status', 'up']]],
  [{ status: 'up', 'labels.env': 'prod' }, ['and', ['eq', 'labels.env', 'prod'], ['eq', 'status', 'up']]],
  [
    ['or', ['eq', 'kind', 'mcp'], ['gt', 'flaps', 3]],
    ['or', ['eq', 'kind', 'mcp'], ['gt', 'flaps', 3]],
  ],
  [{}, undefined],
];

test.each(cases)('[CL17] %j compiles to %j, which the protocol accepts', (where, filter) => {
  expect(compileWhere(where)).toEqual(filter);
  expect(parseFilter(compileWhere(where)).ok).toBe(true);
});

test('[CL17] wrong fields and wrong values do not compile', () => {
  // @ts-expect-error no such status
  expect(compileWhere<Service>({ status: 'dwon' })).toEqual(['eq', 'status', 'dwon']);
  // @ts-expect-error no such field
  expect(compileWhere<Service>({ statsu: 'down' })).toEqual(['eq', 'statsu', 'down']);
});

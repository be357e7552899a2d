import type { Service } from '@statewire/model';
import { expect, test } from 'vitest';
import { passes, readServicesSearch, viewOfServices, withColumns } from './search.ts';

const row = (fields: Partial<Service>): Service =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true as far as `passes` reads: it looks at these fields and no others.
  ({
    id: 'a',
    name: 'Search API',
    target: 'https://s.example',
    group: '',
    status: 'up',
    kind: 'http',
    labels: { env: 'prod' },
    reason: { code: '', text: '' },
    overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
    ...fields,
  }) as Service;

test('a URL keeps what is understood and drops the rest', () => {
  expect(
    readServicesSearch({ status: ['down', 'nonsense'], kind: 'mcp', q: 12, sort: 'name', down: true, evil: '<x>' }),
  ).toEqual({
    status: ['down'],
    kind: ['mcp'],
    q: '12',
    sort: 'name',
    down: true,
  });
  expect(readServicesSearch({ status: 'nonsense', sort: 'status', add: 'yes', q: { deep: 1 } })).toEqual({});
});

test('filters are all asked for at once', () => {
  expect(passes({}, row({}))).toBe(true);
  expect(passes({ status: ['down'] }, row({}))).toBe(false);
  expect(passes({ status: ['down', 'up'], kind: ['http'], q: 'sear', label: 'env=prod' }, row({}))).toBe(true);
  expect(passes({ label: 'env=dev' }, row({}))).toBe(false);
  expect(passes({ label: 'env' }, row({}))).toBe(true);
  expect(passes({ label: 'team' }, row({}))).toBe(false);
  expect(passes({ q: 'refused' }, row({ reason: { code: 'refused', text: 'Connection refused' } }))).toBe(true);
});

test('a group, and those of which nobody is told', () => {
  const quiet = { maintenance: 'patch', muted: true, acked: false, flapping: false, impactedBy: null };
  expect(passes({ group: 'shop' }, row({ group: 'shop' }))).toBe(true);
  expect(passes({ group: 'shop' }, row({ group: 'shop 2' }))).toBe(false);
  expect(passes({ quiet: 'muted' }, row({}))).toBe(false);
  expect(passes({ quiet: 'muted' }, row({ overlay: quiet }))).toBe(true);
  expect(passes({ quiet: 'maintenance' }, row({}))).toBe(false);
  expect(passes({ quiet: 'maintenance' }, row({ overlay: quiet }))).toBe(true);
  expect(readServicesSearch({ group: 'shop', quiet: 'muted', sort: 'uptime' })).toEqual({
    group: 'shop',
    quiet: 'muted',
    sort: 'uptime',
  });
  expect(readServicesSearch({ quiet: 'loud' })).toEqual({});
});

test('columns stand in the address in one order, known ones alone, and not at all when they are the usual ones', () => {
  expect(readServicesSearch({ cols: ['observers', 'nonsense', 'h24'] })).toEqual({ cols: ['h24', 'observers'] });
  expect(readServicesSearch({ cols: 'd7' })).toEqual({ cols: ['d7'] });
  expect(readServicesSearch({ cols: ['checked', 'uptime', 'latency', 'bar'] })).toEqual({});
  expect(readServicesSearch({ cols: [] })).toEqual({});
  expect(withColumns({ q: 'a', cols: ['d7'] }, ['bar', 'latency', 'uptime', 'checked'])).toEqual({ q: 'a' });
  expect(withColumns({ q: 'a' }, ['d7'])).toEqual({ q: 'a', cols: ['d7'] });
  // A saved view keeps them.
  expect(viewOfServices({ cols: ['d7'], add: true })).toEqual({ cols: ['d7'] });
});

import { collections } from '@statewire/model';
import { expect, test } from 'vitest';
import { principal } from '../testing/world.ts';
import { authorize, can, canReport, scopeFilter } from './access.ts';

const read = principal('r', 'main', ['read']);
const report = principal('p', 'main', ['report']);
const admin = principal('a', 'main', ['admin']);
const nobody = principal('n', 'main', []);

test('[SE1] admin may do everything, report does not read, read does not write', () => {
  for (const action of ['read', 'create', 'change', 'delete', 'report'] as const) {
    expect(authorize(admin, action, 'services').ok).toBe(true);
  }
  expect([canReport(admin), canReport(report), canReport(read)]).toEqual([true, true, false]);
  expect(authorize(read, 'read', 'services').ok).toBe(true);
  expect(authorize(read, 'change', 'services')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(authorize(report, 'read', 'services')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(authorize(report, 'report', 'agents').ok).toBe(true);
  expect(authorize(nobody, 'read', 'services')).toMatchObject({ ok: false, code: 'forbidden' });
});

test('[SE1] checks need admin, and nothing else is hidden by collection from a reader', () => {
  expect(authorize(read, 'read', 'checks')).toMatchObject({ ok: false, code: 'forbidden' });
  expect(scopeFilter(read, 'checks')).toBe('denied');
  expect(scopeFilter(admin, 'checks')).toBeNull();
  for (const [name, { access }] of Object.entries(collections)) {
    expect(authorize(admin, 'read', name).ok, name).toBe(true);
    if (access.told !== undefined) continue;
    expect(scopeFilter(report, name), name).toBe('denied');
  }
});

test('[AI6] a credential that only reports reads what is told to it, and who may read reads all', () => {
  const own = { op: 'eq', field: 'recipient', value: 'p' };
  expect(scopeFilter(report, 'instructions')).toEqual(own);
  expect(scopeFilter(principal('b', 'main', ['read', 'report']), 'instructions')).toBeNull();
  expect(scopeFilter(read, 'instructions')).toBeNull();
  expect(scopeFilter(nobody, 'instructions')).toBe('denied');
  expect(authorize(read, 'report', 'instructions')).toMatchObject({ ok: false, code: 'forbidden' });
});

test.each(['', 'nothing', '__proto__', 'constructor', 'toString', 'services/', 'SERVICES'])(
  '[SE1] there is no collection %j',
  (name) => {
    expect(authorize(admin, 'read', name)).toMatchObject({ ok: false, code: 'unknown_collection' });
  },
);

test('[PM1] a command is asked for by its name, and a star reaches every collection or every operation', () => {
  const some = { ...nobody, permissions: ['alerts:acknowledge', 'jobs:*', '*:mute'] };
  expect(can(some, 'alerts:acknowledge')).toBe(true);
  expect(can(some, 'alerts:resolve')).toBe(false);
  expect(can(some, 'alerts:*')).toBe(false);
  expect(can(some, 'jobs:cancel')).toBe(true);
  expect(can(some, 'jobs:*')).toBe(true);
  expect(can(some, 'services:mute')).toBe(true);
  expect(can(some, 'services:read')).toBe(false);
  expect(can({ permissions: ['*:*'] }, 'organization:hand-over')).toBe(true);
  expect(authorize(some, { call: 'mute' }, 'agents').ok).toBe(true);
  expect(authorize(some, { call: 'pause' }, 'agents')).toMatchObject({
    ok: false,
    code: 'forbidden',
    message: expect.stringContaining('agents:pause'),
  });
});

import { expect, test } from 'vitest';
import { describeCollection } from '../define.ts';
import { incidentCreateSchema } from './incident.ts';
import { inboxes } from './inbox.ts';
import { notificationCreateSchema, notifications } from './notification.ts';
import { preferences, preferencesCreateSchema } from './preferences.ts';
import { settingsCreateSchema } from './settings.ts';

test('inboxes, notifications and preferences are one person’s own', () => {
  for (const { access } of [inboxes, notifications, preferences]) {
    expect(access).toMatchObject({ read: 'read', write: 'read', own: 'person' });
  }
  expect(notifications.access.create).toBe('report');
});

test('whose a record is must be one of its fields', () => {
  expect(() => describeCollection({ ...inboxes, access: { ...inboxes.access, own: 'owner' } })).toThrow(/owner/);
});

test.each([
  ['/alerts/a1', true],
  ['', true],
  ['/jobs?state=lost#top', true],
  ['//evil.example/x', false],
  ['https://evil.example/', false],
  ['javascript:alert(1)', false],
  ['alerts', false],
  ['/a b', false],
])('the path %j of a notification is ours: %s', (path, isOurs) => {
  expect(notificationCreateSchema.safeParse({ person: '*', title: 'Hello', path }).success).toBe(isOurs);
});

test.each(['services', 'services/', '/shop', 'Services/shop', 'services/a b', 'services/..'])(
  '%j is no reference',
  (ref) => {
    expect(notificationCreateSchema.safeParse({ person: '*', title: 'Hello', refs: [ref] }).success).toBe(false);
    expect(incidentCreateSchema.safeParse({ title: 'X', affected: [{ ref, impact: 'down' }] }).success).toBe(false);
  },
);

test('nobody writes an alert’s notification by hand, and every one says something', () => {
  expect(notificationCreateSchema.safeParse({ person: 'ana', title: 'x', type: 'alert' }).success).toBe(false);
  expect(notificationCreateSchema.safeParse({ person: 'ana', title: ' ' }).success).toBe(false);
  expect(notificationCreateSchema.safeParse({ title: 'x' }).success).toBe(false);
});

test('an incident names each record once', () => {
  const affected = [
    { ref: 'services/a', impact: 'down' },
    { ref: 'services/a', impact: 'degraded' },
  ];
  expect(incidentCreateSchema.safeParse({ title: 'X', affected }).success).toBe(false);
  expect(incidentCreateSchema.safeParse({ title: 'X', affected: affected.slice(1) }).success).toBe(true);
});

test.each([
  [{ from: '24:00' }, false],
  [{ to: '7:00' }, false],
  [{ zone: 'Mars/Olympus' }, false],
  [{ days: [7] }, false],
  [{ zone: 'America/New_York' }, true],
  [{}, true],
])('quiet hours with %j are accepted: %s', (more, isFit) => {
  const quiet = { days: [0, 6], from: '22:00', to: '07:00', zone: 'UTC', bypassUrgent: true, ...more };
  expect(preferencesCreateSchema.safeParse({ quiet }).success).toBe(isFit);
});

test('the settings of an organization are one record', () => {
  expect(settingsCreateSchema.safeParse({ id: 'main', drafting: { subjects: null } }).success).toBe(true);
  expect(settingsCreateSchema.safeParse({ id: 'other' }).success).toBe(false);
  expect(settingsCreateSchema.safeParse({ id: 'main', drafting: { subjects: 1 } }).success).toBe(false);
});

test.each([
  [{ theme: 'dark' }, true],
  [{ theme: 'blue' }, false],
  [{ zone: 'Asia/Tokyo' }, true],
  [{ zone: null, locale: null }, true],
  [{ zone: 'Mars/Olympus' }, false],
  [{ zone: '+01:00' }, false],
  [{ locale: 'de-CH' }, true],
  [{ locale: 'zz' }, false],
  [{ locale: 'de_DE' }, false],
  [{ locale: 'de-x-mine' }, false],
  [{ hours: '13' }, false],
  [{ colour: 'red' }, false],
])('a look with %j is accepted: %s', (look, isFit) => {
  expect(preferencesCreateSchema.safeParse({ look }).success).toBe(isFit);
});

import { expect, test } from 'vitest';
import { servePush, type PushScope, type PushScopeEvent, type PushTab, type PushWorkerOptions } from './push-worker.ts';

/** A service worker's scope that keeps what it was told to show and open. */
function worker(tabs: readonly PushTab[] = [], options: PushWorkerOptions = {}) {
  const listeners = new Map<string, (event: PushScopeEvent) => void>();
  const shown: { title: string; options: object }[] = [];
  const opened: string[] = [];
  const scope: PushScope = {
    registration: {
      scope: 'https://app.example.org/',
      showNotification: (title, given) => Promise.resolve(void shown.push({ title, options: given })),
    },
    clients: {
      matchAll: () => Promise.resolve(tabs),
      openWindow: (url) => Promise.resolve(opened.push(url)),
    },
    addEventListener: (type, listener) => void listeners.set(type, listener),
  };
  servePush(scope, options);
  const fire = async (type: string, fields: Partial<PushScopeEvent>): Promise<void> => {
    let work: Promise<unknown> = Promise.resolve();
    listeners.get(type)?.({ ...fields, waitUntil: (given) => void (work = given) });
    await work;
  };
  return { shown, opened, fire };
}

const sent = (value: unknown): Partial<PushScopeEvent> => ({ data: { json: () => value } });

test('[UI42] a push is shown with its words, and leads to its place', async () => {
  const { shown, fire } = worker([], { icon: '/icon.svg' });
  await fire(
    'push',
    sent({
      title: 'Shop is down',
      body: 'HTTP 503',
      tag: 't',
      path: '/alerts/a',
      at: 5,
      severity: 'critical',
      state: 'firing',
    }),
  );
  expect(shown).toEqual([
    {
      title: 'Shop is down',
      options: {
        body: 'HTTP 503',
        tag: 't',
        renotify: true,
        timestamp: 5,
        icon: '/icon.svg',
        requireInteraction: true,
        data: { path: '/alerts/a' },
      },
    },
  ]);
});

test('[UI42] something that cannot be read is shown all the same, and leads home', async () => {
  const { shown, fire } = worker([], { home: '/inbox', title: 'Shop' });
  const broken = (): unknown => {
    throw new SyntaxError('no JSON');
  };
  for (const each of [{ data: { json: broken } }, { data: null }, sent(7), sent(null)]) await fire('push', each);
  expect(shown).toHaveLength(4);
  for (const each of shown) expect(each).toMatchObject({ title: 'Shop', options: { data: { path: '/inbox' } } });
});

test.each([
  ['/alerts/a', '/alerts/a'],
  ['//elsewhere.example.org/', '/home'],
  ['/\\elsewhere.example.org', '/home'],
  ['https://elsewhere.example.org/', '/home'],
  ['javascript:alert(1)', '/home'],
  ['', '/home'],
  [7, '/home'],
])('[UI42] a notice about %j opens %s', async (path, place) => {
  const { opened, fire } = worker([], { home: '/home' });
  await fire('notificationclick', { notification: { data: { path }, close: () => undefined } });
  expect(opened).toEqual([place]);
});

test('[UI42] an app says where the places of the server lie in it, within its own site', async () => {
  const { opened, fire } = worker([], {
    placeOf: (path) => (path.startsWith('/alerts') ? `/status${path}` : '//elsewhere.example.org'),
  });
  for (const path of ['/alerts/a', '/jobs/1']) {
    await fire('notificationclick', { notification: { data: { path }, close: () => undefined } });
  }
  expect(opened).toEqual(['/status/alerts/a', '/']);
});

test('[UI42] an open tab is taken there, the one that is looked at first', async () => {
  const told: unknown[] = [];
  const tab = (name: string, focused: boolean): PushTab => ({
    focused,
    focus: () => Promise.resolve(told.push(`focus ${name}`)),
    postMessage: (message) => void told.push(message),
  });
  const { opened, fire } = worker([tab('other', false), tab('mine', true)]);
  await fire('notificationclick', { notification: { data: { path: '/a' }, close: () => told.push('closed') } });
  expect(told).toEqual(['closed', 'focus mine', { open: '/a' }]);
  expect(opened).toEqual([]);
});

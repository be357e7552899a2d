import type { Page } from '@statewire/model';
import type { Json, JsonObject, Row } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../lib/limits.ts';
import { publicState, worstOf, type PublicState } from './public-state.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR = 3_600_000;

test('[PG1] nothing of a record gets out but what is on the list: a word planted in every other field of every record is nowhere', () => {
  const state = stateOf({
    services: [plant(service('shop', { name: 'Shop', status: 'degraded', bar: 'ug', uptime: uptime(99.5) }))],
    incidents: [
      plant(
        incident('fire', {
          title: 'Slow',
          affected: [{ ref: 'services/shop', impact: 'down', note: SECRET }, { ref: `services/${SECRET}` }],
          updates: [
            { id: SECRET, at: NOW, by: SECRET, phase: 'identified', text: 'Known', isPublic: true, extra: SECRET },
            { id: 'b', at: NOW, by: SECRET, phase: 'identified', text: SECRET, isPublic: false },
          ],
          postmortem: { text: SECRET, by: SECRET, at: NOW, publishedAt: null },
        }),
      ),
      plant(incident('hidden', { title: SECRET, isPublished: false })),
      plant(incident('elsewhere', { title: SECRET, affected: [{ ref: 'services/other', impact: 'down' }] })),
      plant(incident('agents', { title: SECRET, affected: [{ ref: 'agents/shop', impact: 'down' }] })),
    ],
    maintenances: [
      plant(maintenance('patch', { title: 'Patch', text: 'Short', affected: ['services/shop', `services/${SECRET}`] })),
      plant(maintenance('private', { title: SECRET, isPublic: false })),
      plant(maintenance('elsewhere', { title: SECRET, affected: ['services/other'] })),
      plant(maintenance('canceled', { title: SECRET, state: 'canceled' })),
    ],
  });
  expect(JSON.stringify(state)).not.toContain(SECRET);
  // It is not empty: what is on the list is there.
  expect(state).toEqual({
    slug: 'acme',
    title: 'Acme',
    text: 'Hello',
    links: [{ name: 'Home', url: 'https://acme.example/' }],
    zone: 'UTC',
    days: 7,
    today: '2026-03-01',
    status: 'degraded',
    sentence: 'Shop is degraded',
    groups: [
      {
        name: 'All',
        services: [
          {
            key: 'shop',
            name: 'Shop',
            status: 'degraded',
            bar: 'xxxxxug',
            uptime: { h24: 99.5, d7: 99.5, d30: 99.5, d90: null },
          },
        ],
      },
    ],
    incidents: [
      {
        id: expect.stringMatching(/^#\d+$/),
        title: 'Slow',
        phase: 'investigating',
        impact: 'minor',
        startedAt: NOW - HOUR,
        resolvedAt: null,
        services: ['shop'],
        updates: [{ id: expect.stringMatching(/^#\d+$/), at: NOW, phase: 'identified', text: 'Known' }],
        postmortem: null,
      },
    ],
    maintenances: [
      {
        id: expect.stringMatching(/^#\d+$/),
        title: 'Patch',
        text: 'Short',
        state: 'scheduled',
        from: NOW + HOUR,
        to: NOW + 2 * HOUR,
        services: ['shop'],
      },
    ],
  });
});

test('[PG2] a page that is not published has no public state', () => {
  expect(publicState(parts({ page: { isPublished: false } }))).toBeNull();
});

test('[PG3] numbers are shown only where the page says so, and are cut, not rounded', () => {
  const services = [service('shop', { uptime: { h24: { pct: 99.999 }, d7: { pct: 100 }, d30: { pct: 99.994 } } })];
  expect(stateOf({ services }).groups[0]?.services[0]?.uptime).toEqual({ h24: 99.99, d7: 100, d30: 99.99, d90: null });
  const groups = [{ name: '', services: [{ id: 'shop', name: null, isNumbered: false }] }];
  expect(stateOf({ services, page: { groups } }).groups[0]?.services[0]?.uptime).toBeNull();
});

test('[PG4] a service goes by its public name, a word made of it and never by its id; one that is gone or there twice is shown at most once', () => {
  const services = [service('a-1', { name: 'Café Zürich' }), service('b-2', { name: 'x' }), service('c-3', {})];
  const { state, ids } = published({
    services,
    page: {
      groups: [
        {
          name: 'A',
          services: [
            { id: 'a-1', name: null, isNumbered: false },
            { id: 'b-2', name: 'Cafe Zurich', isNumbered: false },
            { id: 'gone', name: 'Gone', isNumbered: false },
          ],
        },
        {
          name: 'B',
          services: [
            { id: 'a-1', name: 'Again', isNumbered: false },
            { id: 'c-3', name: '検索', isNumbered: false },
          ],
        },
        { name: 'Empty', services: [{ id: 'gone', name: null, isNumbered: false }] },
      ],
    },
  });
  expect(state.groups.map((group) => group.services.map(({ key, name }) => [key, name]))).toEqual([
    [
      ['cafe-zurich', 'Café Zürich'],
      ['cafe-zurich-2', 'Cafe Zurich'],
    ],
    [['service', '検索']],
  ]);
  expect([...ids]).toEqual([
    ['cafe-zurich', 'a-1'],
    ['cafe-zurich-2', 'b-2'],
    ['service', 'c-3'],
  ]);
});

test('[PG5] an incident is shown on the pages that show something it is about; one that is about nothing is shown on all', () => {
  const shown = (affected: readonly Json[]) =>
    stateOf({ services: [service('shop', {})], incidents: [incident('i', { affected })] }).incidents.length;
  expect(shown([])).toBe(1);
  expect(shown([{ ref: 'services/shop', impact: 'none' }])).toBe(1);
  expect(shown([{ ref: 'services/other', impact: 'down' }])).toBe(0);
});

test('a published post-mortem is shown, and what is long over is not', () => {
  const state = stateOf({
    services: [service('shop', {})],
    incidents: [
      incident('new', { resolvedAt: NOW, postmortem: { text: 'A disk.', publishedAt: NOW, by: SECRET } }),
      incident('old', { startedAt: NOW - 800 * 24 * HOUR, resolvedAt: NOW - 799 * 24 * HOUR }),
    ],
  });
  expect(state.incidents.map(({ postmortem }) => postmortem)).toEqual([{ text: 'A disk.', publishedAt: NOW }]);
});

test('windows of a repeated maintenance are each their own', () => {
  const { maintenances } = stateOf({
    services: [service('shop', {})],
    maintenances: [
      maintenance('weekly', {
        state: 'active',
        window: { from: NOW, to: NOW + HOUR },
        past: [{ from: NOW - 9 * HOUR, to: NOW - 8 * HOUR }],
      }),
    ],
  });
  expect(maintenances.map(({ state, from }) => [state, from])).toEqual([
    ['active', NOW],
    ['completed', NOW - 9 * HOUR],
  ]);
  expect(new Set(maintenances.map(({ id }) => id)).size).toBe(2);
});

test.each([
  [['up', 'up'], 'up', 'All services are up'],
  [['up', 'down'], 'down', 'S1 is down'],
  [['down', 'down', 'degraded'], 'down', '2 of 3 services are down, S2 is degraded'],
  [['maintenance', 'down'], 'down', 'S1 is down'],
  [['maintenance', 'up'], 'maintenance', 'S0 is under maintenance'],
  [['unknown', 'up'], 'unknown', 'The state of S0 is not known right now'],
  [['pending', 'up'], 'up', 'What is measured so far is up'],
  [['pending'], 'pending', 'Nothing is measured yet'],
  [['paused'], 'paused', 'Nothing is watched here'],
  [[], 'pending', 'Nothing is watched here'],
  [['nonsense', 'up'], 'unknown', 'The state of S0 is not known right now'],
] as const)('%j is %s: %s', (statuses, status, sentence) => {
  const services = statuses.map((word, i) => service(`s${i}`, { name: `S${i}`, status: word }));
  const groups = [{ name: '', services: services.map(({ id }) => ({ id, name: null, isNumbered: false })) }];
  expect(stateOf({ services, page: { groups } })).toMatchObject({ status, sentence });
});

test('an open incident is said before all else that is not down', () => {
  const state = stateOf({ services: [service('shop', { status: 'maintenance' })], incidents: [incident('i', {})] });
  expect(state.sentence).toBe('One incident is open');
});

test('bad comes before maintenance, so that no maintenance hides an outage', () => {
  expect(worstOf(['maintenance', 'down', 'up'])).toBe('down');
  expect(worstOf(['up', 'unknown'])).toBe('unknown');
});

const SECRET = 'PLANTED-SECRET-7781';

/** Fills every field that the record does not have yet with the secret, in each form a field may have. */
function plant(row: Row): Row {
  const names = [
    'id',
    'org',
    'target',
    'description',
    'group',
    'reason',
    'override',
    'facts',
    'labels',
    'source',
    'by',
  ];
  const more: Record<string, Json> = {};
  for (const name of [...names, 'phase2', 'alerts', 'assignee', 'cause', 'selector', 'schedule', 'mcp', 'overlay']) {
    if (name !== 'id') more[name] = { text: SECRET, list: [SECRET], [SECRET]: SECRET };
  }
  return { ...more, ...row, org: SECRET };
}

function service(id: string, fields: JsonObject): Row {
  return { id, org: 'main', version: 1, name: id, status: 'up', bar: '', uptime: null, ...fields };
}

function incident(id: string, fields: JsonObject): Row {
  return {
    id,
    org: 'main',
    version: 1,
    title: id,
    phase: 'investigating',
    impact: 'minor',
    affected: [],
    updates: [],
    isPublished: true,
    startedAt: NOW - HOUR,
    resolvedAt: null,
    postmortem: null,
    ...fields,
  };
}

function maintenance(id: string, fields: JsonObject): Row {
  return {
    id,
    org: 'main',
    version: 1,
    title: id,
    text: '',
    state: 'scheduled',
    window: { from: NOW + HOUR, to: NOW + 2 * HOUR },
    past: [],
    affected: ['services/shop'],
    isPublic: true,
    ...fields,
  };
}

function uptime(pct: number): JsonObject {
  const of = { pct, coverage: 1, note: SECRET };
  return { h24: of, d7: of, d30: of, d90: { pct: null, coverage: 0 } };
}

interface Given {
  readonly page?: Partial<Page>;
  readonly services?: readonly Row[];
  readonly incidents?: readonly Row[];
  readonly maintenances?: readonly Row[];
}

function stateOf(given: Given): PublicState {
  return published(given).state;
}

function published(given: Given): NonNullable<ReturnType<typeof publicState>> {
  const found = publicState(parts(given));
  if (found === null) throw new Error('expected a published page');
  return found;
}

function parts({ page = {}, services = [], incidents = [], maintenances = [] }: Given) {
  const digests = new Map<string, string>();
  const whole: Page = {
    id: SECRET,
    org: SECRET,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    observedAt: null,
    labels: { team: SECRET },
    source: null,
    slug: 'acme',
    title: 'Acme',
    text: 'Hello',
    isPublished: true,
    access: 'public',
    groups: [{ name: 'All', services: [{ id: 'shop', name: null, isNumbered: true }] }],
    theme: { accent: '', mode: 'system', logo: '', css: SECRET },
    days: 7,
    zone: 'UTC',
    links: [{ name: 'Home', url: 'https://acme.example/' }],
    domain: SECRET,
    refreshMs: 30_000,
    channel: SECRET,
    webhookChannel: SECRET,
    frames: [SECRET],
    secrets: [SECRET],
    securedAt: null,
    ...page,
  };
  return {
    page: whole,
    service: (id: string) => services.find((row) => row.id === id) ?? null,
    incidents,
    maintenances,
    now: NOW,
    today: '2026-03-01',
    digest: (text: string) => {
      const known = digests.get(text) ?? `#${digests.size}`;
      digests.set(text, known);
      return known;
    },
    limits,
  };
}

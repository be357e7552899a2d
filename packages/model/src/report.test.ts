import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { collectionOf, collections } from './collections/index.ts';
import { readReport } from './report.ts';

const read = (raw: unknown): ReturnType<typeof readReport> => readReport(raw, collectionOf);

test('a report is read into its collection, its id and its checked fields', () => {
  expect(read({ collection: 'agents', id: 'g', health: 'healthy', phase: 'idle', seq: 3, observedAt: 5 })).toEqual({
    ok: true,
    value: {
      collection: collections.agents,
      id: 'g',
      fields: { health: 'healthy', phase: 'idle', seq: 3, observedAt: 5 },
    },
  });
  expect(read({ collection: 'jobs' })).toMatchObject({ ok: true, value: { id: null, fields: {} } });
});

test.each([
  {
    collection: 'services',
    health: 'unhealthy',
    final: true,
    reason: { code: 'oom' },
    facts: { disk: { v: 'warn', ms: null } },
  },
  {
    collection: 'connections',
    agent: 'g',
    service: 's',
    phase: 'needs_auth',
    sessionId: null,
    calls: 4,
    errors: 1,
    lastErrorCode: 'http_500',
    latencyMs: 3.5,
  },
  {
    collection: 'agents',
    name: 'G',
    platform: 'linux',
    release: '1.2',
    activity: 'reads\nmail',
    currentExecution: 'e1',
    periodMs: 30_000,
    labels: { team: 'a' },
  },
  {
    collection: 'executions',
    agent: 'g',
    title: 'Run',
    state: 'running',
    parent: null,
    done: 1.5,
    total: null,
    unit: 'pages',
    message: 'm',
    stage: 's',
    leaseMs: 60_000,
    attempt: 2,
    steps: [{ id: '1', startedAt: 3, endedAt: null }],
  },
  {
    collection: 'jobs',
    kind: 'scan',
    title: 'Scan',
    state: 'succeeded',
    owner: 'ann',
    goal: 'all',
    done: 3,
    total: 3,
    final: true,
  },
])('reporters own %j', (report) => {
  expect(read({ id: 'x', ...report })).toMatchObject({ ok: true });
});

test.each([
  [null, 'bad_request', /found null/],
  [[], 'bad_request', /found a list/],
  ['x', 'bad_request', /found a string/],
  [{}, 'bad_request', /^collection: found nothing/],
  [{ collection: 1 }, 'bad_request', /^collection: found a number/],
  [{ collection: '__proto__' }, 'unknown_collection', /found collection "__proto__"/],
  [{ collection: 'x'.repeat(10_000) }, 'unknown_collection', /^.{0,250}$/],
  [{ collection: 'metrics', values: {} }, 'bad_field', /^values: unknown field/],
  [{ collection: 'checks' }, 'unsupported', /nobody reports/],
  [{ collection: 'agents', id: 'a/b' }, 'bad_field', /^id: /],
  [{ collection: 'agents', id: 7 }, 'bad_field', /^id: /],
  [{ collection: 'agents', id: '' }, 'bad_field', /^id: /],
  [{ collection: 'agents', status: 'up' }, 'bad_field', /^status: unknown field/],
  [{ collection: 'agents', health: 'great' }, 'bad_field', /^health: found "great", expected one of/],
  [{ collection: 'agents', phase: 'ready' }, 'bad_field', /^phase: found "ready"/],
  [{ collection: 'agents', seq: 1.5 }, 'bad_field', /^seq: found 1\.5, expected a whole number/],
  [{ collection: 'agents', seq: -1 }, 'bad_field', /^seq: found -1, expected >= 0/],
  [{ collection: 'agents', observedAt: 'now' }, 'bad_field', /^observedAt: /],
  [{ collection: 'agents', periodMs: 10 }, 'bad_field', /^periodMs: found 10, expected >= 1000/],
  [{ collection: 'agents', facts: { constructor: { v: 'ok' } } }, 'bad_field', /^facts/],
  [{ collection: 'agents', reason: { code: 'two words' } }, 'bad_field', /^reason\.code: /],
  [{ collection: 'jobs', state: 'done' }, 'bad_field', /^state: found "done", expected one of queued/],
  [{ collection: 'jobs', done: -1 }, 'bad_field', /^done: found -1/],
  [{ collection: 'jobs', done: Infinity }, 'bad_field', /^done: /],
  [{ collection: 'jobs', leaseMs: 1 }, 'bad_field', /^leaseMs: found 1, expected >= 1000/],
])('%j is refused as %s', (raw, code, message) => {
  const refused = read(raw);
  expect(refused).toMatchObject({ ok: false, code });
  expect(refused.ok ? '' : refused.message).toMatch(message);
});

test('whatever comes in, nothing throws and no prototype changes', () => {
  const like = fc.record(
    {
      collection: fc.constantFrom('agents', 'jobs', 'services'),
      id: fc.anything(),
      labels: fc.anything(),
      facts: fc.anything(),
      reason: fc.anything(),
    },
    { requiredKeys: ['collection'] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.anything(), like), (raw) => {
      expect(typeof read(raw).ok).toBe('boolean');
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

import type { Row } from '@statewire/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countChange, fleetValues, type Counted } from './rollup.ts';

const service = (status: string, kind = 'mcp', suspect: boolean = false): Counted => ({
  collection: 'services',
  row: { id: 'x', org: 'main', version: 1, status, kind, suspect: suspect ? { n: 1 } : null },
});
const run = (collection: string, state: string): Counted => ({
  collection,
  row: { id: 'x', org: 'main', version: 1, state },
});

test('[DE20] an empty fleet has every counter at zero', () => {
  const values = fleetValues([]);
  expect(values).toMatchObject({
    'services.total': 0,
    'agents.up': 0,
    'connections.down': 0,
    'jobs.running': 0,
    'runs.lost': 0,
    attention: 0,
  });
  expect(new Set(Object.values(values))).toEqual(new Set([0]));
});

test('[DE20] records are counted by status, kind and state', () => {
  const values = fleetValues([
    service('up'),
    service('down', 'http'),
    service('up', 'mcp', true),
    { ...service('degraded'), collection: 'agents' },
    run('jobs', 'running'),
    run('executions', 'lost'),
    { collection: 'metrics', row: { id: 'fleet', org: 'main', version: 1 } },
  ]);
  expect(values).toMatchObject({
    'services.total': 3,
    'services.up': 2,
    'services.mcp.total': 2,
    'services.http.down': 1,
    'services.suspect': 1,
    'agents.degraded': 1,
    'jobs.running': 1,
    'runs.total': 2,
    'runs.lost': 1,
    attention: 3,
  });
});

test('[DE20] what is open is counted by where it stands, alerts that fire also by severity', () => {
  const at = (collection: string, fields: object): Counted => ({
    collection,
    row: { id: 'x', org: 'main', version: 1, ...fields },
  });
  const firing = at('alerts', { state: 'firing', severity: 'critical' });
  const values = fleetValues([
    firing,
    at('alerts', { state: 'firing', severity: 'warning' }),
    at('alerts', { state: 'resolved', severity: 'critical' }),
    at('incidents', { phase: 'identified' }),
    at('maintenances', { state: 'active' }),
  ]);
  expect(values).toMatchObject({
    'alerts.firing': 2,
    'alerts.firing.critical': 1,
    'alerts.resolved': 1,
    'incidents.identified': 1,
    'maintenances.active': 1,
    'services.total': 0,
  });
  const acked = countChange(values, { ...firing, before: firing.row, after: { ...firing.row, state: 'acknowledged' } });
  expect(acked).toMatchObject({ 'alerts.firing': 1, 'alerts.firing.critical': 0, 'alerts.acknowledged': 1 });
});

test('[DE20] a change that moves no counter keeps the same values', () => {
  const values = fleetValues([service('up')]);
  const { row } = service('up');
  expect(countChange(values, { collection: 'services', before: row, after: { ...row, latencyMs: 9 } })).toBe(values);
  expect(countChange(values, { collection: 'metrics', before: null, after: row })).toBe(values);
});

test('[DE20] counting changes one by one equals counting everything', () => {
  const row: fc.Arbitrary<Row> = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    org: fc.constant('main'),
    version: fc.constant(1),
    status: fc.constantFrom('up', 'down', 'degraded', 'pending', 'paused'),
    kind: fc.constantFrom('mcp', 'http'),
    state: fc.constantFrom('queued', 'running', 'lost'),
    suspect: fc.constantFrom(null, { n: 1 }),
  });
  const change = fc.record({
    collection: fc.constantFrom('services', 'agents', 'connections', 'jobs', 'executions', 'metrics'),
    row,
    isDelete: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const records = new Map<string, Counted>();
      let values = fleetValues([]);
      for (const { collection, row: next, isDelete } of changes) {
        const key = `${collection}/${next.id}`;
        const before = records.get(key)?.row ?? null;
        if (isDelete) records.delete(key);
        else records.set(key, { collection, row: next });
        values = countChange(values, { collection, before, after: isDelete ? null : next });
        expect(values).toEqual(fleetValues(records.values()));
      }
    }),
    { numRuns: 150 },
  );
});

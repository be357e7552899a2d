import type { Annotation } from '@statewire/model';
import { expect, test } from 'vitest';
import type { Transition } from '../rest/types.ts';
import { joined, logOf } from './log.ts';

const change = (at: number, to: string): Transition => ({
  collection: 'services',
  id: 'a',
  at,
  recordedAt: at,
  from: '',
  to,
  code: '',
  text: '',
  cause: 'probe',
});
const said = (id: string, from: number): Annotation => ({
  id,
  org: 'main',
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  observedAt: null,
  labels: {},
  source: null,
  subject: 'services/a',
  from,
  to: from + 1,
  kind: 'note',
  text: id,
  by: 'Ada',
  maintenance: null,
});

test('notes stand between the changes, and each change knows how long it lasted', () => {
  const log = logOf(
    [change(90, 'up'), change(50, 'down'), change(10, 'up')],
    [said('late', 95), said('mid', 60)],
    true,
  );
  expect(log.map((line) => (line.kind === 'said' ? line.said.id : `${line.change.to} ${line.lastedMs}`))).toEqual([
    'late',
    'up null',
    'mid',
    'down 40',
    'up 40',
  ]);
});

test('what was said of a time that is not loaded waits for its changes', () => {
  const notes = [said('old', 5), said('mid', 60)];
  expect(logOf([change(50, 'down')], notes, false)).toHaveLength(2);
  expect(logOf([change(50, 'down')], notes, true)).toHaveLength(3);
  expect(logOf([], notes, true)).toHaveLength(2);
});

test('pages that meet in one moment lose nothing and show nothing twice', () => {
  const pages = [
    [change(90, 'up'), change(50, 'down')],
    [change(50, 'down'), change(50, 'degraded'), change(10, 'up')],
  ];
  expect(joined(pages).map(({ at, to }) => `${at} ${to}`)).toEqual(['90 up', '50 down', '50 degraded', '10 up']);
});

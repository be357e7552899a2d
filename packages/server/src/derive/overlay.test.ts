import type { Overlay } from '@statewire/model';
import { expect, test } from 'vitest';
import { believed, command, probe, RULES, T0 } from './examples.ts';
import { nextDeadline } from './freshness.ts';
import { step } from './step.ts';
import type { OverlayObservation } from '../collect/observation.ts';

const S = 1_000;

function overlay(at: number, set: OverlayObservation['set']): OverlayObservation {
  return { kind: 'overlay', at, by: 'tests', set };
}

test('[DE21] a maintenance shows, keeps the true health beside it, and ends with the word that is measured then', () => {
  const inside = step(believed('healthy'), overlay(T0 + S, { maintenance: 'm1' }), T0 + S, RULES);
  expect(inside.row).toMatchObject({ status: 'maintenance', health: 'healthy', reason: { code: 'maintenance' } });
  expect(inside.transitions).toMatchObject([{ from: 'up', to: 'maintenance', cause: 'overlay:tests', at: T0 + S }]);
  const dead = step(inside.row, probe(T0 + 2 * S, 'unhealthy', { final: true }), T0 + 2 * S, RULES);
  expect(dead.row).toMatchObject({ status: 'maintenance', health: 'unhealthy' });
  expect(dead.transitions).toEqual([]);
  const after = step(dead.row, overlay(T0 + 60 * S, { maintenance: null }), T0 + 60 * S, RULES);
  expect(after.row).toMatchObject({ status: 'down', since: T0 + 60 * S });
  expect(after.transitions).toMatchObject([{ from: 'maintenance', to: 'down', at: T0 + 60 * S }]);
});

test('[DE21] an acknowledgement or a failed dependency changes no status, and what is there already changes nothing', () => {
  const before = believed('unhealthy');
  const told = step(before, overlay(T0 + S, { acked: true, impactedBy: 'services/db' }), T0 + S, RULES);
  expect(told.row.overlay).toMatchObject({ acked: true, impactedBy: 'services/db', maintenance: null });
  expect(told.row).toMatchObject({ status: 'down', since: before.since, reason: before.reason });
  expect(told.transitions).toEqual([]);
  expect(step(told.row, overlay(T0 + 2 * S, { acked: true }), T0 + 2 * S, RULES).row).toBe(told.row);
});

test('[DE21] an overlay leaves what others say of the record alone', () => {
  const busy: Overlay = {
    maintenance: 'm1',
    muted: true,
    mutedBy: 'ana',
    mutedReason: 'noise',
    acked: false,
    flapping: false,
    impactedBy: null,
  };
  const { row } = step(believed('healthy', { overlay: busy }), overlay(T0 + S, { acked: true }), T0 + S, RULES);
  expect(row.overlay).toEqual({ ...busy, acked: true });
});

test('[DE22] a mute ends by deadline, or when somebody ends it, and touches no status', () => {
  const muted = step(
    believed('unhealthy'),
    command(T0 + S, { do: 'mute', until: T0 + 60 * S, reason: 'known' }),
    T0 + S,
    RULES,
  );
  expect(muted.row).toMatchObject({ mutedUntil: T0 + 60 * S, status: 'down' });
  expect(muted.row.overlay).toMatchObject({ muted: true, mutedBy: 'ana', mutedReason: 'known' });
  expect(muted.transitions).toEqual([]);
  expect(nextDeadline(muted.row)).toBe(T0 + 60 * S);
  const early = step(muted.row, { kind: 'deadline', deadline: T0 + 60 * S }, T0 + 59 * S, RULES);
  expect(early.row).toBe(muted.row);
  const over = step(muted.row, { kind: 'deadline', deadline: T0 + 60 * S }, T0 + 60 * S + 200, RULES);
  expect(over.row).toMatchObject({ mutedUntil: null, overlay: believed('unhealthy').overlay });
  expect(over.transitions).toEqual([]);
  expect(nextDeadline(over.row)).toBeNull();
  const ended = step(muted.row, command(T0 + 5 * S, { do: 'unmute' }), T0 + 5 * S, RULES);
  expect(ended.row).toMatchObject({ mutedUntil: null, overlay: { muted: false } });
});

test('[DE22] a mute without an end stays, one whose end is past is none, and measuring goes on', () => {
  const { row } = step(believed('healthy'), command(T0 + S, { do: 'mute', until: null, reason: '' }), T0 + S, RULES);
  expect(row).toMatchObject({ mutedUntil: null, overlay: { muted: true } });
  expect(nextDeadline(row)).toBeNull();
  const dead = step(row, probe(T0 + 2 * S, 'unhealthy', { final: true }), T0 + 2 * S, RULES);
  expect(dead.row).toMatchObject({ status: 'down', overlay: { muted: true } });
  expect(step(row, command(T0 + 3 * S, { do: 'mute', until: T0, reason: '' }), T0 + 3 * S, RULES).row).toBe(row);
});

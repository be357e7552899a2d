import type { Fusion, Health, StatusRow, Status } from '@statewire/model';
import { expect, test } from 'vitest';
import type { Observation, OverlayObservation } from '../collect/observation.ts';
import { rows } from '../testing/engine-table.ts';
import { beat, command, probe, report, RULES, serviceRow, T0 } from './examples.ts';
import { nextDeadline } from './freshness.ts';
import type { Rules } from './rules.ts';
import { step } from './step.ts';

const S = 1_000;
const HEALTH: Readonly<Record<string, Health>> = { H: 'healthy', G: 'degraded', U: 'unhealthy', X: 'unknown' };
const ONCE = { failAfter: 1, recoverAfter: 1, degradeAfter: 1 };
const PRESETS: Readonly<Record<string, Partial<Rules>>> = {
  probe: {},
  once: ONCE,
  beat: { onExpiry: 'down', intervalMs: 60 * S },
  agent: { ...ONCE, onExpiry: 'down', alivePhase: 'idle', gonePhase: 'offline' },
  window: { window: { size: 5, bad: 3 } },
};
const COUNTERS = { f: 'failAfter', r: 'recoverAfter', g: 'degradeAfter' } as const;

/** `probe f4`: the rules of a probed service that fails after 4; `once any`: believed at once, fusion `any`. */
function read(words: string): { readonly rules: Rules; readonly fusion: Fusion } {
  const [preset = '', more = ''] = words.split(' ');
  const rules: Rules = { ...RULES, ...PRESETS[preset] };
  const rule = (['majority', 'any', 'all'] as const).find((name) => name === more) ?? 'majority';
  const key = Object.entries(COUNTERS).find(([letter]) => /^[frg]\d$/.test(more) && more.startsWith(letter))?.[1];
  return {
    rules: key === undefined ? rules : { ...rules, [key]: Number(more.slice(1)) },
    fusion: { rule, named: null },
  };
}

/** One word of a script as an observation; null only lets time pass. */
function observe(word: string, at: number): Observation | null {
  const [name = '', ...args] = word.split(':');
  const letter = HEALTH[name.replace('!', '')];
  if (letter !== undefined) return probe(at, letter, { final: name.endsWith('!') });
  const set = (values: OverlayObservation['set']): OverlayObservation => ({
    kind: 'overlay',
    at,
    by: 'table',
    set: values,
  });
  switch (name) {
    case 'beat':
      return beat(at);
    case 'fail':
    case 'start':
    case 'log':
      return beat(at, name);
    case 'open':
      return beat(at, 'ok', { periodMs: 0 });
    case 'gone':
      return { kind: 'gone', at, graceMs: 10 * S };
    case 'boot':
    case 'away':
      return { kind: 'boot', at };
    case 'pause':
      return command(at, { do: 'desire', desired: 'paused' });
    case 'retire':
      return command(at, { do: 'desire', desired: 'retired' });
    case 'resume':
      return command(at, { do: 'desire', desired: 'active' });
    case 'ov':
      return command(at, { do: 'override', status: asStatus(args[0]), until: at + Number(args[1]) * S, reason: '' });
    case 'clear':
      return command(at, { do: 'clear-override' });
    case 'mute':
      return command(at, { do: 'mute', until: args[0] === undefined ? null : at + Number(args[0]) * S, reason: '' });
    case 'm+':
      return set({ maintenance: 'm1' });
    case 'm-':
      return set({ maintenance: null });
    case 'ack':
      return set({ acked: true });
    case 'imp':
      return set({ impactedBy: 'services/db' });
    case 'mem': {
      const verdict = HEALTH[args[0] ?? ''] ?? 'unknown';
      return { kind: 'members', at, verdict, reason: { code: verdict, text: verdict }, facts: {} };
    }
    case 'r': {
      const [sourceId = '', said = ''] = args;
      const [health = '', seq] = said.split('#');
      const more = { sourceId, seq: seq === undefined ? null : Number(seq), periodMs: 60 * S };
      return report(at, HEALTH[health] ?? null, more);
    }
    case 'wait':
      return null;
    default:
      throw new Error(`the table speaks of "${word}", which no observation is`);
  }
}

function asStatus(word: string | undefined): Status {
  const all = ['up', 'degraded', 'down', 'unknown', 'pending', 'maintenance', 'paused'] as const;
  const known = all.find((status) => status === word);
  if (known === undefined) throw new Error(`the table speaks of a status "${word ?? ''}"`);
  return known;
}

/** Plays a script as the server would: what falls due on the way fires at its time, unless we were away. */
function play(words: string, script: string): { readonly row: StatusRow; readonly transitions: readonly string[] } {
  const { rules, fusion } = read(words);
  let row: StatusRow = serviceRow({ fusion, observedAt: null });
  const transitions: string[] = [];
  const apply = (o: Observation, now: number): void => {
    const next = step(row, o, now, rules);
    row = next.row;
    for (const { from, to, at } of next.transitions) transitions.push(`${from}>${to}@${(at - T0) / S}`);
  };
  const lapse = (until: number): void => {
    for (let due = nextDeadline(row); due !== null && due <= until; due = nextDeadline(row)) {
      apply({ kind: 'deadline', deadline: due }, due);
    }
  };
  for (const item of script.split(' ')) {
    const [word = '', second = '0'] = item.split('@');
    const at = T0 + Number(second) * S;
    if (word !== 'away') lapse(at);
    const o = observe(word, at);
    if (o !== null) apply(o, at);
    lapse(at);
  }
  return { row, transitions };
}

test('[DE27] the table has its size, and no row twice', () => {
  expect(rows.length).toBeGreaterThanOrEqual(300);
  expect(new Set(rows.map(([, rules, script]) => `${rules} ${script}`)).size).toBe(rows.length);
});

test.each(rows)('[DE27] %s (%s: %s)', (_what, words, script, end, transitions) => {
  const played = play(words, script);
  const { row } = played;
  const suspect = row.suspect === null ? '-' : `${row.suspect.to}:${row.suspect.n}/${row.suspect.of}`;
  const status = `${row.status}${row.overlay.flapping ? '~' : ''}`;
  expect(`${status} ${row.health} ${suspect} ${row.fresh}`).toBe(end);
  expect(played.transitions.join(' ')).toBe(transitions);
});

import type { StatusRow } from '@statewire/model';
import { expect, test } from 'vitest';
import { AFTER_MS, impactOf, rootCauseOf, type Look } from './depend.ts';
import { believed, T0 } from './examples.ts';

const S = 1_000;

/** `down@5`: in this status since second 5. */
function row(word: string, impactedBy: string | null = null): StatusRow {
  const [status = 'up', since = '0'] = word.split('@');
  const health =
    status === 'down' || status === 'hidden' ? 'unhealthy' : status === 'degraded' ? 'degraded' : 'healthy';
  const base = believed(health, { since: T0 + Number(since) * S });
  const shown = status === 'hidden' ? 'maintenance' : status === 'unknown' ? 'unknown' : base.status;
  return { ...base, status: shown, overlay: { ...base.overlay, impactedBy } };
}

function world(all: Readonly<Record<string, readonly [StatusRow, ...string[]]>>): Look {
  return (ref) => {
    const found = Object.hasOwn(all, ref) ? all[ref] : undefined;
    if (found === undefined) return null;
    const [of, ...parents] = found;
    return { row: of, parents };
  };
}

test.each([
  ['fails while its parent is down', 'down@100', 'down@10', 'db'],
  ['is degraded while its parent is down', 'degraded@100', 'down@10', 'db'],
  ['failed 60 s before its parent was found', 'down@40', 'down@100', 'db'],
  ['failed 61 s before its parent', 'down@39', 'down@100', null],
  ['fails beside a degraded parent', 'down@100', 'degraded@10', null],
  ['fails beside a healthy parent', 'down@100', 'up@0', null],
  ['is up below a parent that is down', 'up@0', 'down@10', null],
  ['fails below a parent that is really down in its maintenance', 'down@100', 'hidden@10', 'db'],
  ['fails below a parent nobody can judge', 'down@100', 'unknown@10', null],
])('[GR5] a record that %s', (_what, child, parent, cause) => {
  const look = world({ api: [row(child), 'db'], db: [row(parent)] });
  expect(rootCauseOf(look, 'api')).toBe(cause);
});

test('[GR5] the cause is the furthest failure of the chain; one that is well stands between', () => {
  const chain = (middle: StatusRow) =>
    world({ web: [row('down@30'), 'api'], api: [middle, 'db'], db: [row('down@10'), 'host'], host: [row('down@9')] });
  expect(rootCauseOf(chain(row('down@20')), 'web')).toBe('host');
  expect(rootCauseOf(chain(row('up@0')), 'web')).toBeNull();
  const suspect = { to: 'unhealthy', n: 1, of: 3, since: T0 } as const;
  expect(rootCauseOf(chain({ ...row('up@0'), suspect }), 'web')).toBe('host');
  expect(rootCauseOf(chain(row('unknown@0')), 'web')).toBe('host');
});

test('[GR5] of several causes the one that failed first counts; rings and missing records end the search', () => {
  const look = world({
    web: [row('down@30'), 'b', 'a', 'gone'],
    a: [row('down@20'), 'web'],
    b: [row('down@25')],
  });
  expect(rootCauseOf(look, 'web')).toBe('a');
  expect(rootCauseOf(look, 'gone')).toBeNull();
  const ring = world({ a: [row('down@1'), 'b'], b: [row('down@2'), 'a'] });
  expect(rootCauseOf(ring, 'a')).toBe('b');
});

test('[GR6] the mark ends when the record recovers, or some time after its cause did', () => {
  const after = (child: StatusRow, parent: StatusRow, s: number) =>
    impactOf(world({ api: [child, 'db'], db: [parent] }), 'api', T0 + s * S);
  expect(after(row('up@50', 'db'), row('down@10'), 60)).toEqual({ impactedBy: null, againAt: null });
  expect(after(row('down@20', 'db'), row('up@100'), 101)).toEqual({
    impactedBy: 'db',
    againAt: T0 + 100 * S + AFTER_MS,
  });
  expect(after(row('down@20', 'db'), row('up@100'), 100 + AFTER_MS / S)).toEqual({ impactedBy: null, againAt: null });
  expect(impactOf(world({ api: [row('down@20', 'gone'), 'gone'] }), 'api', T0).impactedBy).toBeNull();
});

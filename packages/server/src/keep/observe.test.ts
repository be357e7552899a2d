import type { Check } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import type { ProbeObservation } from '../collect/observation.ts';
import { bornAgent, bornService } from '../derive/born.ts';
import { rulesOf, type Rules } from '../derive/rules.ts';
import { silentLog } from '../lib/log.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Committed } from './commit-types.ts';
import { MemoryStore } from './memory-store.ts';
import { createObserve, type Observe } from './observe.ts';
import { openKeep, type Keep } from './open.ts';

interface World {
  readonly clock: FakeClock;
  readonly keep: Keep;
  readonly observe: Observe;
  readonly committed: Committed[];
  readonly asked: (Check | null)[];
}

async function world(): Promise<World> {
  const clock = new FakeClock();
  const committed: Committed[] = [];
  const asked: (Check | null)[] = [];
  const keep = await openKeep({
    clock,
    store: new MemoryStore(),
    log: silentLog,
    onCommitted: (c) => committed.push(c),
  });
  const observe = createObserve({
    commit: keep.commit,
    rulesOf(check, collection): Rules {
      asked.push(check);
      return { ...rulesOf(null, collection), failAfter: check?.failAfter ?? 1 };
    },
  });
  return { clock, keep, observe, committed, asked };
}

async function addService(w: World, check: JsonObject | null): Promise<void> {
  await w.keep.commit.write('main', 'test', (draft) => {
    draft.put('services', 's', { ...bornService(draft.now, { kind: 'http', name: 'S' }) });
    if (check !== null) draft.put('checks', 's', check);
    return { ok: true, value: null };
  });
}

function probe(at: number, verdict: 'healthy' | 'unhealthy'): ProbeObservation {
  return {
    kind: 'probe',
    at,
    ms: 12,
    facts: {},
    verdict,
    reason: { code: verdict === 'healthy' ? 'ok' : 'refused', text: '' },
    phase: 'ready',
    final: false,
    latencyMs: verdict === 'healthy' ? 12 : null,
    mcp: null,
    certificate: null,
    nextAt: at + 30_000,
  };
}

test('[CM1] one observation is one version: the row, its transition and its sample together', async () => {
  const w = await world();
  await addService(w, null);
  const seen = await w.observe('main', 'services', 's', probe(w.clock.now(), 'healthy'));
  expect(seen).toMatchObject({ ok: true, value: { version: 2, value: { status: 'up', version: 2 } } });
  expect(w.committed[1]).toMatchObject({
    version: 2,
    changes: [{ collection: 'services', id: 's', actor: 'probe', after: { status: 'up' } }],
    transitions: [{ collection: 'services', id: 's', from: 'pending', to: 'up', cause: 'probe' }],
  });
  const q = { org: 'main', collection: 'services', id: 's', from: 0, to: w.clock.now() + 1, limit: 9 };
  expect(await w.keep.store.samples(q)).toMatchObject([{ ms: 12, v: 'u' }]);
  expect(await w.keep.store.transitions(q)).toHaveLength(1);
});

test("[CM3] observations that arrive together build on each other, by the rules of the service's own check", async () => {
  const w = await world();
  await addService(w, { failAfter: 3 });
  const at = w.clock.now();
  await w.observe('main', 'services', 's', probe(at, 'healthy'));
  const all = await Promise.all([1, 2, 3].map((n) => w.observe('main', 'services', 's', probe(at + n, 'unhealthy'))));
  expect(all.map((r) => r.ok && [r.value.value['status'], r.value.value['suspect'] === null])).toEqual([
    ['up', false],
    ['up', false],
    ['down', true],
  ]);
  expect(w.asked.map((check) => check?.failAfter)).toEqual([3, 3, 3, 3]);
});

test('[CM4] what cannot be observed is refused and leaves nothing behind', async () => {
  const w = await world();
  const at = w.clock.now();
  expect(await w.observe('main', 'services', 'gone', probe(at, 'healthy'))).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  expect(await w.observe('main', 'jobs', 'j', probe(at, 'healthy'))).toMatchObject({ ok: false, code: 'unsupported' });
  expect(await w.observe('main', '__proto__', 'j', probe(at, 'healthy'))).toMatchObject({
    ok: false,
    code: 'unsupported',
  });
  await addService(w, null);
  expect(await w.observe('other', 'services', 's', probe(at, 'healthy'))).toMatchObject({
    ok: false,
    code: 'not_found',
  });
  expect(w.keep.live.version('other')).toBe(0);
});

test('[CM2] an observation that says nothing new has no version', async () => {
  const w = await world();
  await w.keep.commit.write('main', 'test', (draft) => {
    draft.put('agents', 'a', { ...bornAgent(draft.now) });
    return { ok: true, value: null };
  });
  const stale = await w.observe('main', 'agents', 'a', { kind: 'deadline', deadline: w.clock.now() - 1 });
  expect(stale).toMatchObject({ ok: true, value: { version: 1 } });
  expect(w.committed).toHaveLength(1);
  const command = await w.observe('main', 'agents', 'a', {
    kind: 'command',
    at: w.clock.now(),
    by: 'alice',
    act: { do: 'desire', desired: 'paused' },
  });
  expect(command).toMatchObject({ ok: true, value: { version: 2 } });
  expect(w.committed[1]?.changes[0]?.actor).toBe('alice');
});

import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import { FakeEnv, FakeServer } from '../testing/index.ts';

function world(): { env: FakeEnv; server: FakeServer; sw: Client } {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  return { env, server, sw: createClient({ url: 'http://fake.test', env, dial: server.dial }) };
}

test('[CL65] a run is started, reported and ended over the live connection', async () => {
  const { env, server, sw } = world();
  const run = await sw.executions.start({ agent: 'agent-7', title: 'Nightly scan', total: 500 });
  expect(server.get('executions', run.id)).toMatchObject({ agent: 'agent-7', title: 'Nightly scan', state: 'running' });
  run.progress(30, 'fetching');
  await env.advance(100);
  expect(server.get('executions', run.id)).toMatchObject({ done: 30, message: 'fetching' });
  await run.succeed();
  expect(server.get('executions', run.id)).toMatchObject({ state: 'succeeded' });
  const mut = server.received.find(({ t }) => t === 'mut');
  expect(mut).toMatchObject({ c: 'executions', op: 'call', name: 'report', f: { seq: expect.any(Number) } });
  sw.close();
});

test('[CL65] without a server the work is held up for a second at most, and the report arrives later', async () => {
  const { env, server, sw } = world();
  server.isUp = false;
  let isStarted = false;
  const starting = sw.jobs.start({ id: 'j1', title: 'Import', kind: 'scan' }).then((run) => {
    isStarted = true;
    return run;
  });
  await env.advance(999);
  expect(isStarted).toBe(false);
  await env.advance(1);
  const run = await starting;
  for (let i = 0; i < 100; i += 1) {
    run.progress(i);
    await env.advance(100);
  }
  server.isUp = true;
  const end = run.succeed();
  await env.advance(20_000);
  expect(await end).toMatchObject({ ok: true });
  expect(server.get('jobs', 'j1')).toMatchObject({ kind: 'scan', done: 99, state: 'succeeded' });
  expect(server.received.filter(({ t }) => t === 'mut')).toHaveLength(2);
  sw.close();
});

test('[CL66] presence is said on each new connection until the agent leaves', async () => {
  const { env, server, sw } = world();
  const agent = sw.agents.present({ id: 'a1', name: 'Ada', platform: 'linux' });
  await env.settle();
  expect(server.get('agents', 'a1')).toMatchObject({ name: 'Ada', platform: 'linux' });
  server.cut();
  await env.advance(1_000);
  const said = (): number => server.received.filter((frame) => frame.t === 'mut' && frame.name === 'present').length;
  expect(said()).toBe(2);
  await agent.report({ phase: 'running', activity: 'indexing' });
  expect(server.get('agents', 'a1')).toMatchObject({ phase: 'running', activity: 'indexing' });
  await sw.connections.observe({ agent: 'a1', service: 's1' }, { health: 'healthy' });
  expect(server.get('connections', 'a1:s1')).toMatchObject({ agent: 'a1', service: 's1', health: 'healthy' });
  await agent.leave();
  server.cut();
  await env.advance(1_000);
  expect(said()).toBe(2);
  sw.close();
});

function said(server: FakeServer): readonly string[] {
  return server.received.flatMap((frame) =>
    frame.t === 'mut' && frame.c === 'presences'
      ? [[frame.name, frame.f?.['at']].filter((word) => typeof word === 'string').join(' ')]
      : [],
  );
}

function here(server: FakeServer, at: string): unknown {
  return server.get('presences', `somebody-at-${at}`)?.['state'] ?? null;
}

test('[CL67] a place is said on each new connection until it is left, and who we are is known by the answer', async () => {
  const { env, server, sw } = world();
  const heard: (string | null)[] = [];
  const stop = sw.presence.me.subscribe(() => heard.push(sw.presence.me.get()));
  const leave = sw.presence.enter('a');
  const leaveToo = sw.presence.enter('a');
  await env.settle();
  expect(said(server)).toEqual(['enter a', 'enter a']);
  expect(heard).toEqual(['somebody']);
  server.cut();
  await env.advance(1_000);
  expect(said(server)).toEqual(['enter a', 'enter a', 'enter a', 'enter a']);
  leave();
  leave();
  await env.settle();
  expect(here(server, 'a')).toBe('active');
  sw.presence.be('idle');
  await env.settle();
  expect(here(server, 'a')).toBe('idle');
  leaveToo();
  await env.settle();
  expect(here(server, 'a')).toBe(null);
  server.cut();
  await env.advance(1_000);
  expect(said(server).slice(4)).toEqual(['leave', 'enter a', 'leave']);
  stop();
  sw.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

test('[CL67] a hidden page is nowhere; shown again it is where it was', async () => {
  const { env, server, sw } = world();
  const leave = sw.presence.enter('a');
  await env.settle();
  env.signal('hidden');
  await env.settle();
  expect(here(server, 'a')).toBe(null);
  server.cut();
  await env.advance(1_000);
  expect(here(server, 'a')).toBe(null);
  env.signal('visible');
  await env.settle();
  expect(here(server, 'a')).toBe('active');
  leave();
  sw.close();
});

test('[CL67] what was left while its enter was on its way does not come back with the next connection', async () => {
  const { env, server, sw } = world();
  sw.connect();
  await env.settle();
  server.isMute = true;
  const leave = sw.presence.enter('a');
  await env.settle();
  expect(said(server)).toEqual(['enter a']);
  server.cut();
  leave();
  server.isMute = false;
  await env.advance(1_000);
  expect(said(server)).toEqual(['enter a', 'enter a', 'leave']);
  expect(here(server, 'a')).toBe(null);
  sw.close();
});

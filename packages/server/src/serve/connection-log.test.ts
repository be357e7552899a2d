import { expect, test } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { expectNoLeaks } from '../testing/leaks.ts';
import { principal, World } from '../testing/world.ts';

const linesOf = (world: World): readonly object[] => world.logged.map(({ text, fields }) => ({ text, ...fields }));

async function knock(world: World, token: string): Promise<void> {
  const caller = world.dial();
  caller.say({ t: 'hello', p: 1, client: 'test', token });
  await settle();
}

test('[SE9] who comes, goes and is not let in has a line that names them, and why, and holds no credential', async () => {
  const world = new World();
  const caller = await world.connect('read');
  world.step(2_000);
  caller.pair.caller.close();
  await knock(world, 'a-made-up-secret');
  world.dial().pair.caller.close();
  const ended = await world.connect('admin');
  world.gateway.revise('admin', null);
  expect(ended.closedWith).toBe(4401);
  const reader = { who: 'key:reader', org: 'main', ip: 'unknown' };
  expect(linesOf(world)).toMatchObject([
    { text: 'connected', ...reader },
    { text: 'disconnected', ...reader, code: 'gone', ms: 2_000 },
    { text: 'connection refused', code: 'auth_invalid' },
    { text: 'connection ended before it began', code: 'gone' },
    { text: 'connected', who: 'key:admin' },
    { text: 'disconnected', who: 'key:admin', code: 'auth_invalid' },
  ]);
  expect(JSON.stringify(world.logged)).not.toContain('a-made-up-secret');
  expectNoLeaks(world);
});

test('[SE9] a storm of connections is so many lines a minute, and one with the numbers of the others', async () => {
  const world = new World({ limits: { connectionLinesPerMinuteMax: 5 } });
  for (let i = 0; i < 20; i += 1) {
    const caller = await world.connect('read');
    caller.pair.caller.close();
    await knock(world, 'wrong');
  }
  expect(world.logged).toHaveLength(5);
  world.step(world.limits.connectionLinesMs);
  expect(linesOf(world).slice(5)).toEqual([
    {
      text: 'more connections came and went than have lines of their own',
      connected: 18,
      disconnected: 18,
      refused: 19,
    },
  ]);
  // The next minute has lines again.
  await knock(world, 'wrong');
  expect(linesOf(world).slice(6)).toMatchObject([{ text: 'connection refused', code: 'auth_invalid' }]);
  expectNoLeaks(world);
});

test('[AT3] a credential that is none is a row of the instance, one of somebody else a row of the organization; a missing one is none', async () => {
  const world = new World();
  await knock(world, 'a-made-up-secret');
  expect(world.refused).toMatchObject([
    { org: 'main', action: 'session:connect', outcome: 'auth_invalid', actor: { kind: 'stranger' }, target: null },
  ]);
  expect(JSON.stringify(world.refused)).not.toContain('a-made-up-secret');
  world.dial().say({ t: 'hello', p: 1, client: 'test' });
  await settle();
  expect(world.refused).toHaveLength(1);
  world.principals.set('theirs', principal('them', 'other', ['read']));
  const caller = await world.connect('read');
  caller.say({ t: 'auth', token: 'wrong' });
  await settle();
  caller.say({ t: 'auth', token: 'theirs' });
  await settle();
  expect(caller.closedWith).toBe(4505);
  expect(world.refused.slice(1)).toMatchObject([
    { org: 'main', action: 'session:connect', outcome: 'auth_invalid', actor: { id: 'reader' } },
    { org: 'main', action: 'session:connect', outcome: 'forbidden', actor: { id: 'reader' } },
  ]);
  expectNoLeaks(world);
});

import { ALL, type JsonObject, type Result } from '@statewire/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { settle } from '../../testing/fake-clock.ts';
import { World } from '../../testing/world.ts';
import { Line } from './line.ts';

interface Held {
  readonly world: World;
  readonly line: Line;
  readonly told: string[];
  readonly step: (ms?: number) => Promise<void>;
}

async function dial(token = 'admin'): Promise<Held> {
  const world = new World();
  onTestFinished(() => world.close());
  const told: string[] = [];
  const line = new Line(
    { clock: world.clock, sessions: world.gateway, drain: { queuedBytes: 0 } },
    { token, visitor: { origin: null, host: null, cookie: null } },
    {
      welcome: (principal) => told.push(`welcome ${principal.id}`),
      loaded: (s, rows) => told.push(`${s} loaded ${rows.length}`),
      happened: (s, event) => told.push(`${s} ${event.type} ${event.id}`),
      refused: (s, code) => told.push(`${s} refused ${code}`),
      ended: (code) => told.push(`ended ${code}`),
    },
  );
  const step = async (ms = 0): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      world.clock.advance(turn === 0 ? ms : 0);
    }
  };
  await step();
  return { world, line, told, step };
}

function put(world: World, id: string, fields: JsonObject | null): void {
  world.write('main', { c: 'services', id, fields });
}

test('[PT6] what is asked for twice is held once, told to both, and ends by itself', async () => {
  const { world, line, told, step } = await dial();
  put(world, 'a', { status: 'up' });
  const first = line.watch('services', ALL, 100);
  await step();
  put(world, 'b', { status: 'up' });
  const second = line.watch('services', ALL, 100);
  expect(Array.from(line.rows(second))).toEqual([]);
  await step(200);
  expect(told).toEqual(['welcome admin', '1 loaded 1', '1 enter b', '2 loaded 2']);
  expect(world.gateway.stats.subscriptions).toBe(1);
  told.splice(0);
  put(world, 'a', { status: 'down' });
  await step(200);
  expect(told.splice(0)).toEqual(['1 update a', '2 update a']);
  line.drop(second);
  put(world, 'b', null);
  await step(200);
  expect(told.splice(0)).toEqual(['1 leave b']);
  expect(Array.from(line.rows(first), ({ id }) => id)).toEqual(['a']);
  line.drop(first);
  put(world, 'a', { status: 'up' });
  await step(200);
  expect(told).toEqual([]);
  expect(world.gateway.stats.subscriptions).toBe(0);
  line.watch('services', ALL, 100);
  await step();
  expect(told).toEqual(['3 loaded 1']);
});

test('[PT6] what is let go of before its answer came takes nobody along who asked for the same', async () => {
  const { world, line, told, step } = await dial();
  put(world, 'a', { status: 'up' });
  line.watch('services', ALL, 100);
  const second = line.watch('services', ALL, 100);
  line.drop(second);
  await step(200);
  expect(told.splice(0)).toEqual(['welcome admin', '1 loaded 1']);
  put(world, 'b', {});
  await step(200);
  expect(told.splice(0)).toEqual(['1 enter b']);
  line.drop(1);
  await step(200);
  expect(world.gateway.stats.subscriptions).toBe(0);
  line.drop(line.watch('services', ALL, 100));
  await step(200);
  expect([told, world.gateway.stats.subscriptions]).toEqual([[], 0]);
  line.drop(line.watch('services', ALL, 100));
  line.watch('services', ALL, 100);
  await step(200);
  put(world, 'c', {});
  await step(200);
  expect(told).toEqual(['5 loaded 2', '5 enter c']);
});

test('[PT4] a view that may not be seen any more ends for all who asked for it', async () => {
  const { world, line, told, step } = await dial();
  line.watch('services', ALL, 100);
  line.watch('services', ALL, 100);
  await step();
  told.splice(0);
  const admin = world.principals.get('admin');
  if (admin === undefined) throw new Error('there is an admin');
  world.gateway.revise('admin', { ...admin, permissions: ['agents:read'] });
  await step();
  expect(told).toEqual(['1 refused forbidden', '2 refused forbidden']);
});

test('[SI3] a view in which nothing happens is as far as the last word of silence', async () => {
  const { world, line, step } = await dial();
  put(world, 'a', {});
  const s = line.watch('services', ALL, 100);
  expect(line.position(s)).toBe(null);
  await step();
  expect(line.position(s)).toBe(1);
  world.write('main', { c: 'agents', id: 'x', fields: {} });
  put(world, 'a', { status: 'up' });
  await step(200);
  expect(line.position(s)).toBe(3);
  world.write('main', { c: 'agents', id: 'x', fields: { name: 'X' } });
  await step(world.limits.heartbeatMs + 2_000);
  expect(line.position(s)).toBe(4);
  expect([line.epoch, line.who]).toEqual(['e1', expect.stringMatching(/^[0-9a-f]{16}$/u)]);
});

test('[PT5] what is asked of a line that is over is answered, once', async () => {
  const { line } = await dial();
  const answers: Result<string>[] = [];
  const act = { collection: 'agents', id: 'a', name: 'report', fields: {} };
  line.act(act, (answer) => answers.push(answer));
  line.close();
  line.act(act, (answer) => answers.push(answer));
  expect(answers).toMatchObject([
    { ok: false, code: 'unavailable' },
    { ok: false, code: 'unavailable' },
  ]);
});

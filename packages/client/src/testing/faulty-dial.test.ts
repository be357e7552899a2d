import { expect, test } from 'vitest';
import { createClient } from '../core.ts';
import { FakeEnv } from './fake-env.ts';
import { FakeServer } from './fake-server.ts';
import { FaultyDial } from './faulty-dial.ts';

function open() {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  const heard: string[] = [];
  const faults = new FaultyDial({
    env,
    dial: server.dial,
    onText: (text, way) => heard.push(`${way} ${text.slice(0, 9)}`),
  });
  const client = createClient({ url: 'http://fake.test', env, dial: faults.dial });
  const view = client.collection('jobs').view();
  const leave = view.subscribe(() => undefined);
  return {
    env,
    server,
    faults,
    client,
    view,
    heard,
    close: (): void => {
      leave();
      client.close();
      expect(env.errors).toEqual([]);
    },
  };
}

test('[HO10] what is cut comes back and has what it missed; what stays away stays away', async () => {
  const { env, server, faults, client, view, heard, close } = open();
  server.put('jobs', { id: 'a', done: 1 });
  await env.advance(100);
  expect([client.connection.state, view.rows.length]).toEqual(['live', 1]);
  faults.cut();
  server.put('jobs', { id: 'b', done: 2 });
  expect(view.get().status).not.toBe('live');
  await env.advance(10_000);
  expect([view.get().status, view.rows.length]).toEqual(['live', 2]);
  faults.isAway = true;
  await env.advance(60_000);
  expect(view.get().status).not.toBe('live');
  server.put('jobs', { id: 'a', done: 9 });
  faults.isAway = false;
  await env.advance(60_000);
  expect(view.get().status).toBe('live');
  expect(view.get().get('a')).toMatchObject({ done: 9 });
  expect(heard.some((text) => text.startsWith('up '))).toBe(true);
  close();
});

test('[HO10] a slow wire delivers later and in order, also when it becomes fast in between', async () => {
  const { env, server, faults, view, close } = open();
  server.put('jobs', { id: 'a', done: 0 });
  await env.advance(100);
  faults.delayMs = 800;
  server.put('jobs', { id: 'a', done: 1 });
  await env.advance(700);
  expect(view.get().get('a')).toMatchObject({ done: 0 });
  faults.delayMs = 0;
  server.put('jobs', { id: 'a', done: 2 });
  await env.advance(2_000);
  expect(view.get().get('a')).toMatchObject({ done: 2 });
  expect(view.get().status).toBe('live');
  close();
});

import type { Instruction } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { createClient, type Client } from '../create.ts';
import { FakeEnv, FakeServer } from '../testing/index.ts';
import type { InstructionHandler } from './instructions.ts';

interface World {
  readonly env: FakeEnv;
  readonly server: FakeServer;
  readonly sw: Client;
  /** `number state answer` of each answer that the server took. */
  readonly answers: string[];
  /** Refuses the next answers with these codes. */
  readonly refuse: string[];
  readonly give: (number: number, more?: Partial<Instruction>) => void;
}

function wordsOf(fields: JsonObject = {}): { readonly state: string; readonly answer: string } {
  const { state, answer } = fields;
  return { state: typeof state === 'string' ? state : '', answer: typeof answer === 'string' ? answer : '' };
}

function world(): World {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  const answers: string[] = [];
  const refuse: string[] = [];
  server.onCommand = (mut) => {
    if (mut.c !== 'instructions') return null;
    const code = refuse.shift();
    if (code !== undefined) return { ok: false, code, msg: code };
    const { state, answer } = wordsOf(mut.f);
    answers.push(`${mut.k.slice(2)} ${state} ${answer}`.trim());
    const row = server.get('instructions', mut.k);
    return { ok: true, v: server.put('instructions', { ...row, id: mut.k, state }), k: mut.k };
  };
  const sw = createClient({ url: 'http://fake.test', env, dial: server.dial });
  return {
    env,
    server,
    sw,
    answers,
    refuse,
    give: (number, more = {}) =>
      void server.put('instructions', {
        id: `a:${number}`,
        agent: 'a',
        number,
        kind: 'message',
        text: `t${number}`,
        state: 'sent',
        createdAt: number,
        ...more,
      }),
  };
}

test('[CL69] one after the other, in their order, each received before it is handled', async () => {
  const { env, sw, answers, give } = world();
  const log: string[] = [];
  let release: () => void = () => undefined;
  const agent = sw.agents.present({ id: 'a' });
  give(2);
  give(1);
  give(3, { agent: 'b' });
  agent.onInstruction(async ({ number, text }) => {
    log.push(`${number} after ${answers.length}`);
    if (number === 1) await new Promise<void>((resolve) => (release = resolve));
    return `ok ${text}`;
  });
  await env.advance(100);
  expect(log).toEqual(['1 after 1']);
  expect(answers).toEqual(['1 received']);
  release();
  await env.advance(100);
  expect(log).toEqual(['1 after 1', '2 after 3']);
  expect(answers).toEqual(['1 received', '1 done ok t1', '2 received', '2 done ok t2']);
  give(4);
  await env.advance(100);
  expect(answers.slice(4)).toEqual(['4 received', '4 done ok t4']);
  sw.close();
});

test('[CL69] once by this process, however often the connection breaks while it is handled', async () => {
  const { env, server, sw, answers, give } = world();
  let calls = 0;
  let release: () => void = () => undefined;
  sw.agents.present({ id: 'a' }).onInstruction(async () => {
    calls += 1;
    await new Promise<void>((resolve) => (release = resolve));
  });
  give(1);
  await env.advance(100);
  expect(calls).toBe(1);
  for (let i = 0; i < 3; i += 1) {
    server.cut();
    await env.advance(2_000);
  }
  server.isUp = false;
  server.cut();
  await env.advance(2_000);
  release();
  await env.advance(5_000);
  expect(answers).toEqual(['1 received']);
  server.isUp = true;
  await env.advance(30_000);
  expect(answers).toEqual(['1 received', '1 done']);
  expect(calls).toBe(1);
  sw.close();
});

test('[CL69] what a process before this one received and did not answer is handled', async () => {
  const { env, sw, answers, give } = world();
  give(1, { state: 'received' });
  sw.agents.present({ id: 'a' }).onInstruction(() => 'again');
  await env.advance(100);
  expect(answers).toEqual(['1 received', '1 done again']);
  sw.close();
});

test.each<readonly [string, InstructionHandler, string]>([
  ['nothing', () => undefined, '1 done'],
  ['a refusal', () => ({ refused: 'busy' }), '1 refused busy'],
  ['an error', () => Promise.reject(new Error('broken')), '1 refused broken'],
  ['too many words', () => 'x'.repeat(5_000), `1 done ${'x'.repeat(2_000)}`],
])('[CL69] %s is answered', async (_name, handler, answer) => {
  const { env, sw, answers, give } = world();
  give(1);
  sw.agents.present({ id: 'a' }).onInstruction(handler);
  await env.advance(100);
  expect(answers.at(-1)).toBe(answer);
  sw.close();
});

test('[CL69] a busy server is asked again; what has ended meanwhile is not handled', async () => {
  const { env, sw, answers, refuse, give } = world();
  let calls = 0;
  sw.agents.present({ id: 'a' }).onInstruction(() => {
    calls += 1;
  });
  refuse.push('overloaded', 'unavailable');
  give(1);
  await env.advance(30_000);
  expect(answers).toEqual(['1 received', '1 done']);
  refuse.push('gone');
  give(2);
  await env.advance(30_000);
  expect(calls).toBe(1);
  give(3);
  await env.advance(100);
  expect(answers.slice(2)).toEqual(['3 received', '3 done']);
  sw.close();
});

test('[CL69] after the end, and after leaving, nothing is heard any more', async () => {
  const { env, sw, answers, give } = world();
  const agent = sw.agents.present({ id: 'a' });
  const stop = agent.onInstruction(() => undefined);
  await env.advance(10);
  stop();
  agent.onInstruction(() => undefined);
  await agent.leave();
  give(1);
  await env.advance(10_000);
  expect(answers).toEqual([]);
  sw.close();
  await env.advance(10_000);
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

test('[CL69] a client that is closed asks no more', async () => {
  const { env, sw, refuse, give } = world();
  let release: () => void = () => undefined;
  sw.agents.present({ id: 'a' }).onInstruction(async () => {
    await new Promise<void>((resolve) => (release = resolve));
  });
  give(1);
  await env.advance(100);
  refuse.push('overloaded');
  release();
  await env.advance(1);
  sw.close();
  await env.advance(60_000);
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
});

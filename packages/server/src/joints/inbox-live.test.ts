/** Who sees whose, over live connections: the real session, hub, commands and inbox on a virtual clock. */
import type { Downstream } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { limits } from '../lib/limits.ts';
import { silentLog } from '../lib/log.ts';
import type { Principal } from '../lib/principal.ts';
import { Hub } from '../publish/hub.ts';
import { Gateway } from '../serve/gateway.ts';
import { caller as principalOf, openDesk, type Desk } from '../testing/desk.ts';
import { SocketPair } from '../testing/socket-pair.ts';
import { Caller } from '../testing/world.ts';
import { Inbox } from './inbox.ts';
import { mutations } from './mutations.ts';

const PEOPLE: Readonly<Record<string, Principal>> = {
  ana: principalOf(['admin'], { kind: 'user', id: 'ana', name: 'Ana' }),
  ben: principalOf(['read'], { kind: 'user', id: 'ben', name: 'Ben' }),
  key: principalOf(['admin'], { id: 'key1', name: 'Key' }),
  foreign: principalOf(['admin'], { kind: 'user', id: 'ana', name: 'Ana', org: 'o2' }),
};

interface House {
  readonly desk: Desk;
  connect(token: string): Promise<Caller>;
  close(): Promise<void>;
}

async function house(): Promise<House> {
  const desk: Desk = await openDesk({
    acts: { 'notifications/create': (call) => inbox.send(call) },
    onCommitted: (committed) => {
      hub.apply(committed);
      inbox.follow(committed);
    },
  });
  const { clock, keep } = desk;
  const hub: Hub = new Hub({ clock, live: keep.live, epoch: keep.commit.epoch, limits });
  const inbox: Inbox = new Inbox({
    clock,
    limits,
    live: keep.live,
    commit: keep.commit,
    store: desk.store,
    people: (org) =>
      org === 'main' ? ['ana', 'ben'].map((id) => ({ id, name: id, email: '', role: 'viewer' as const })) : [],
    devices: () => [],
    enqueue: () => '',
    onError: (error) => {
      throw error;
    },
  });
  const gateway = new Gateway({
    clock,
    hub,
    log: silentLog,
    mutate: mutations(desk.commands),
    authenticate: async ({ bearer = '' }) => {
      const value = PEOPLE[bearer];
      return value === undefined ? { ok: false, code: 'auth_invalid', message: 'nobody' } : { ok: true, value };
    },
  });
  return {
    desk,
    async connect(token) {
      const pair = new SocketPair({ clock });
      pair.receiver = gateway.open(pair, { cookie: null, origin: null, host: null });
      const caller = new Caller(pair);
      caller.say({ t: 'hello', p: 1, client: 'test', token });
      await clock.run(0);
      expect(caller.take('welcome')).toHaveLength(1);
      for (const [n, c] of ['notifications', 'preferences', 'inboxes'].entries()) caller.say({ t: 'sub', s: n + 1, c });
      await clock.run(200);
      return caller;
    },
    async close() {
      gateway.close();
      hub.close();
      inbox.close();
      await desk.close();
    },
  };
}

const heard = (frames: readonly Downstream[]): string => JSON.stringify(frames);

test('[IB1] a live view of notifications, preferences and inboxes holds one’s own, and nothing of others is ever heard', async () => {
  const at = await house();
  const callers = new Map<string, Caller>();
  for (const name of Object.keys(PEOPLE)) callers.set(name, await at.connect(name));
  const frames = new Map<string, Downstream[]>();
  const listen = (): void => {
    for (const [name, caller] of callers) frames.set(name, [...(frames.get(name) ?? []), ...caller.heard]);
  };
  const send = (person: string, title: string) =>
    at.desk.commands.mutate(PEOPLE['key'] ?? principalOf([]), {
      collection: 'notifications',
      id: '',
      op: 'create',
      fields: { person, title },
    });
  await send('ana', 'secret of ana');
  await send('ben', 'secret of ben');
  await at.desk.clock.run(500);
  listen();
  expect(heard(frames.get('ana') ?? [])).toContain('secret of ana');
  expect(heard(frames.get('ben') ?? [])).toContain('secret of ben');
  for (const [name, other] of [
    ['ana', 'ben'],
    ['ben', 'ana'],
  ] as const) {
    expect(heard(frames.get(name) ?? []), name).not.toContain(`secret of ${other}`);
    expect(heard(frames.get(name) ?? []), name).not.toContain(`"person":"${other}"`);
  }
  for (const name of ['key', 'foreign']) expect(heard(frames.get(name) ?? []), name).not.toContain('secret of');
  await at.close();
});

test('[IB1] a mutation of somebody else’s record is answered as one of a record that never was', async () => {
  const at = await house();
  await at.desk.commands.mutate(PEOPLE['key'] ?? principalOf([]), {
    collection: 'notifications',
    id: '',
    op: 'create',
    fields: { person: 'ben', title: 'for ben' },
  });
  const id = Array.from(at.desk.keep.live.entries('main', 'notifications'), (entry) => entry.id)[0] ?? '';
  expect(id).not.toBe('');
  const version = at.desk.keep.live.version('main');
  for (const name of ['ana', 'key', 'foreign']) {
    const caller = await at.connect(name);
    for (const mut of [{ op: 'call', name: 'read' }, { op: 'patch', f: { state: 'read' } }, { op: 'del' }] as const) {
      const ask = async (k: string): Promise<string> => {
        caller.say({ t: 'mut', m: `${mut.op}.${k}`.slice(0, 60), c: 'notifications', k, ...mut });
        await at.desk.clock.run(50);
        const { code, msg } = { code: '', msg: '', ...caller.take('mr').at(-1) };
        return `${code} ${msg}`.replaceAll(k, '*');
      };
      const seen = await ask(id);
      expect(seen, `${name} ${mut.op}`).toMatch(/^not_found /);
      expect(seen, `${name} ${mut.op}`).toBe(await ask('never-was'));
    }
  }
  expect(at.desk.keep.live.version('main')).toBe(version);
  await at.close();
});

test('[IB5] the counter of two tabs moves with the item that it counts', async () => {
  const at = await house();
  const [one, two] = [await at.connect('ben'), await at.connect('ben')];
  await at.desk.commands.mutate(PEOPLE['key'] ?? principalOf([]), {
    collection: 'notifications',
    id: '',
    op: 'create',
    fields: { person: 'ben', title: 'for ben' },
  });
  await at.desk.clock.run(500);
  for (const tab of [one, two]) expect(heard(tab.heard)).toContain('"unread":1');
  const id = Array.from(at.desk.keep.live.entries('main', 'notifications'), (entry) => entry.id)[0] ?? '';
  one.say({ t: 'mut', m: 'r.1', c: 'notifications', k: id, op: 'call', name: 'read' });
  await at.desk.clock.run(500);
  for (const tab of [one, two]) expect(heard(tab.heard)).toContain('"unread":0');
  await at.close();
});

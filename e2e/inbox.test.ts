import { SUBPROTOCOL } from '@statewire/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ADMIN_KEY, TestServer } from './harness/server.ts';
import { ADMIN } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

let server: TestServer;
let cookie = '';

beforeAll(async () => {
  server = await TestServer.start();
  const token = /#\/welcome\/([\w-]+)/u.exec(server.output)?.[1] ?? '';
  const made = await fetch(`${server.url}/v1/welcome`, {
    method: 'POST',
    headers: { origin: server.url, 'content-type': 'application/json' },
    body: JSON.stringify({ token, email: ADMIN.email, name: ADMIN.name, password: ADMIN.password }),
  });
  expect(made.status).toBe(201);
  cookie = made.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
});
afterAll(() => server.close());

/** A tab of the signed-in person that watches the counter of their inbox; `heard` is all it was told. */
function tab(): { heard: string; say(frame: object): void; close(): void } {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/live`, SUBPROTOCOL, {
    headers: { cookie, origin: server.url },
  });
  const state = {
    heard: '',
    say: (frame: object) => socket.send(JSON.stringify(frame)),
    close: () => socket.close(),
  };
  socket.on('message', (data: Buffer) => {
    state.heard += data.toString('utf8');
  });
  socket.on('open', () => {
    state.say({ t: 'hello', p: 1, client: 'test', subs: [{ t: 'sub', s: 1, c: 'inboxes' }] });
  });
  return state;
}

test('[IB5] the unread counter is live in two tabs of one person, and survives a kill', async () => {
  const tabs = [tab(), tab()];
  await until('both tabs are subscribed', () => tabs.every(({ heard }) => heard.includes('"subd"')));
  const sent = await fetch(`${server.url}/v1/notifications`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ person: '*', title: 'Hello' }),
  });
  expect(sent.status).toBe(202);
  await until('both tabs count it', () => tabs.every(({ heard }) => heard.includes('"unread":1')));
  const read = async (collection: string) => {
    const reply = await fetch(`${server.url}/v1/${collection}`, { headers: { cookie } });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the assertions say what is expected of it.
    return ((await reply.json()) as { rows: { id: string; unread?: number; title?: string }[] }).rows;
  };
  const [item] = await read('notifications');
  expect(item?.title).toBe('Hello');
  tabs[0]?.say({ t: 'mut', m: 'r.1', c: 'notifications', k: item?.id, op: 'call', name: 'read' });
  await until('both tabs count none', () => tabs.every(({ heard }) => heard.includes('"unread":0')));
  for (const each of tabs) each.close();
  await server.kill();
  await server.launch();
  expect(await read('inboxes')).toMatchObject([{ unread: 0 }]);
  // Nobody else's door shows it.
  const foreign = await fetch(`${server.url}/v1/notifications`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  expect(await foreign.json()).toMatchObject({ rows: [] });
});

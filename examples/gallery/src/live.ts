/** Clients for the live components: each against a server in the page's memory, in one state of the connection. */
import { createClient, type CoreClient } from '@statewire/client/core';
import { FakeServer } from '@statewire/client/testing';

export interface Stage {
  readonly client: CoreClient;
  readonly server: FakeServer;
}

/** A client that is live. */
export function live(): Stage {
  const server = new FakeServer({ now: () => Date.now() });
  const client = createClient({ url: location.origin, dial: server.dial });
  client.connect();
  return { client, server };
}

/** One whose server went away. */
export function reconnecting(): Stage {
  const stage = live();
  const stop = stage.client.connection.subscribe(() => {
    if (stage.client.connection.state !== 'live') return;
    stop();
    stage.server.isUp = false;
    queueMicrotask(() => stage.server.cut());
  });
  return stage;
}

/** One that was told to stay away. */
export function offline(): Stage {
  const stage = live();
  const stop = stage.client.connection.subscribe(() => {
    if (stage.client.connection.state !== 'live') return;
    stop();
    queueMicrotask(() => stage.client.disconnect());
  });
  return stage;
}

/** One whose key is refused. */
export function signedOut(): Stage {
  const server = new FakeServer({ now: () => Date.now(), admits: () => false });
  const client = createClient({ url: location.origin, dial: server.dial, token: 'a key that was revoked' });
  client.connect();
  return { client, server };
}

/** An inbox with news. */
export function withInbox(): Stage {
  const stage = live();
  const now = Date.now();
  const item = (id: string, fields: object): void => {
    stage.server.put('notifications', {
      id,
      text: '',
      priority: 'normal',
      state: 'unread',
      snoozedUntil: null,
      count: 1,
      lastAt: now,
      ...fields,
    });
  };
  stage.server.put('inboxes', { id: 'ada', unread: 2, urgent: 1 });
  item('n1', {
    title: 'Billing is down',
    text: 'Refused since 10:38; three of three checks agree.',
    priority: 'urgent',
    lastAt: now - 40_000,
    count: 3,
  });
  item('n2', { title: 'Nightly scan ended', text: '1,900 pages, 4 slow', lastAt: now - 12 * 60_000 });
  item('n3', { title: 'Search has recovered', state: 'read', lastAt: now - 3 * 3_600_000 });
  return stage;
}

/** What an embed shows: three services and a job. */
export function withPanel(): Stage {
  const stage = live();
  const service = (id: string, name: string, fields: object): void => {
    stage.server.put('services', { id, name, reason: { code: '', text: '' }, ...fields });
  };
  service('search', 'Search', { status: 'up', recent: { bar: 'u'.repeat(30) } });
  service('billing', 'Billing', {
    status: 'down',
    reason: { code: 'refused', text: 'The connection is refused.' },
    recent: { bar: `${'u'.repeat(24)}g${'d'.repeat(5)}` },
  });
  service('mail', 'Mail', { status: 'degraded', recent: { bar: `${'u'.repeat(20)}${'g'.repeat(10)}` } });
  stage.server.put('jobs', {
    id: 'scan',
    title: 'Nightly scan of the shop',
    state: 'running',
    progress: { done: 1_284, total: 1_900, unit: 'pages', pct: null, stage: '', message: '' },
  });
  return stage;
}

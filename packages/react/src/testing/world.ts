import { createClient, type Client } from '@statewire/client';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import type { JsonObject } from '@statewire/protocol';
import { act as reactAct } from 'react';

/** Rows to begin with, by collection. Each needs an id; the rest is up to what the screen reads. */
export type TestRows = Readonly<Record<string, readonly (JsonObject & { readonly id: string })[]>>;

/** What a test world begins with. */
export interface TestStatewireOptions {
  readonly rows?: TestRows | undefined;
  /** The server's clock at the beginning, epoch ms. It moves by `advance` alone. Default 2026-01-01. */
  readonly now?: number | undefined;
}

/**
 * A client and a server in memory, on a clock driven by hand. What changes rows is wrapped in React's `act`; what takes time
 * is awaited.
 */
export interface TestWorld {
  readonly client: Client;
  /** The server: commands it received, misbehaviour, whatever is not here. */
  readonly server: FakeServer;
  readonly env: FakeEnv;
  /** Makes or changes a record. */
  put(collection: string, fields: JsonObject & { readonly id: string }): void;
  remove(collection: string, id: string): void;
  /** Lets everything that is on its way arrive: after the first render, after a click that gives a command. */
  settle(): Promise<void>;
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
  /** Cuts the connection, and lets none be made until `online`. */
  offline(): void;
  online(): Promise<void>;
}

/** Makes a world for one test. Nothing in it needs to be closed: there are no sockets and no real timers. */
export function createTestStatewire({ rows = {}, now = NOW }: TestStatewireOptions = {}): TestWorld {
  const env = new FakeEnv(now);
  const server = new FakeServer({ now: () => env.now() });
  for (const [collection, records] of Object.entries(rows)) {
    for (const fields of records) server.put(collection, fields);
  }
  const client = createClient({ url: 'http://statewire.test', env, dial: server.dial });
  const advance = (ms: number): Promise<void> => actLater(() => env.advance(ms));
  return {
    client,
    server,
    env,
    put: (collection, fields) => act(() => void server.put(collection, fields)),
    remove: (collection, id) => act(() => void server.remove(collection, id)),
    settle: () => advance(0),
    advance,
    offline: () => {
      server.isUp = false;
      act(() => server.cut());
    },
    online: async () => {
      server.isUp = true;
      act(() => client.reconnect());
      await advance(0);
    },
  };
}

/** 2026-01-01T00:00:00Z: a day that people can read. */
const NOW = 1_767_225_600_000;

const ACT_ENVIRONMENT = 'IS_REACT_ACT_ENVIRONMENT';

/** React's `act`, also where the test runner did not say that it knows of it. */
function act(fn: () => void): void {
  const leave = enterAct();
  try {
    reactAct(fn);
  } finally {
    leave();
  }
}

async function actLater(fn: () => Promise<void>): Promise<void> {
  const leave = enterAct();
  try {
    await reactAct(fn);
  } finally {
    leave();
  }
}

function enterAct(): () => void {
  const before: unknown = Reflect.get(globalThis, ACT_ENVIRONMENT);
  Reflect.set(globalThis, ACT_ENVIRONMENT, true);
  return () => {
    Reflect.set(globalThis, ACT_ENVIRONMENT, before);
  };
}

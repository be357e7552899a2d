/**
 * Our own stages as server.ts wires them: keep (commit, versions, diff, memory, store), publish (views, index, lanes)
 * and serve (sessions, API keys, windows, WebSocket). Left out: probes and the derivation of a status from them, so that
 * all servers measured are given the same finished records.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { collections } from '@statewire/model';
import { ok, refuse } from '@statewire/protocol';
import { Grants } from '../../packages/server/src/collect/commands/grants.ts';
import type { Committed } from '../../packages/server/src/keep/commit-types.ts';
import { MemoryStore } from '../../packages/server/src/keep/memory-store.ts';
import { openKeep } from '../../packages/server/src/keep/open.ts';
import { SqliteStore } from '../../packages/server/src/keep/sqlite/sqlite-store.ts';
import { systemClock as clock } from '../../packages/server/src/lib/clock.ts';
import { limits } from '../../packages/server/src/lib/limits.ts';
import { createLog } from '../../packages/server/src/lib/log.ts';
import { Hub } from '../../packages/server/src/publish/hub.ts';
import { ApiKeys } from '../../packages/server/src/serve/auth/api-key.ts';
import { createHoldingOf } from '../../packages/server/src/serve/auth/key-holding.ts';
import { attachLive } from '../../packages/server/src/serve/gateway.ts';
import { collectionFor, fieldsOf, idOf, recordOf } from '../workload.ts';
import { serveTarget } from './calls.ts';
import { BENCH_KEY } from './key.ts';
import { listen, optionsOf } from './options.ts';

const { workload, variant, dir } = optionsOf(process.argv);
const log = createLog({ level: 'warn' });
const store =
  variant === 'sqlite' && dir !== undefined ? new SqliteStore({ path: join(dir, 'statewire.db') }) : new MemoryStore();
let publish: (committed: Committed) => void = () => {};
const keep = await openKeep({ clock, store, log, limits, onCommitted: (committed) => publish(committed) });
const { commit, live } = keep;
const hub = new Hub({ clock, live, epoch: commit.epoch, limits });
publish = (committed) => hub.apply(committed);

const grants = new Grants(Object.values(collections));
const keys = new ApiKeys({
  clock,
  commit,
  store,
  adminKey: BENCH_KEY,
  onRevoked: () => {},
  keysPerOrgMax: limits.keysPerOrgMax,
  holdingOf: createHoldingOf({ ofScopes: (scopes) => grants.ofScopes(scopes), standingIn: () => null }),
});
await keys.open();
const server = createServer((_, response) => response.end());
const door = attachLive({
  server,
  clock,
  hub,
  limits,
  log,
  authenticate: ({ bearer }) => {
    const identity = bearer === undefined ? null : keys.verify(bearer);
    return Promise.resolve(
      identity === null
        ? refuse('auth_invalid', 'unknown key')
        : ok({ ...identity, permissions: grants.ofScopes(identity.scopes) }),
    );
  },
  mutate: () => Promise.resolve({ ok: false, code: 'unsupported', msg: 'no mutations in a benchmark' }),
});

// Records of the first state per transaction.
const SEED = 500;

const collection = collectionFor(workload.kind);
const made = await Promise.all(
  Array.from({ length: Math.ceil(workload.records / SEED) }, (_, slice) =>
    commit.write('main', 'bench', (draft) => {
      const end = Math.min(workload.records, (slice + 1) * SEED);
      for (let i = slice * SEED; i < end; i += 1) draft.put(collection, idOf(i), { ...fieldsOf(workload.kind, i, -1) });
      return ok(null);
    }),
  ),
);
for (const each of made) if (!each.ok) throw new Error(each.message);

let pending = 0;
let refused = 0;
let onSettled: () => void = () => {};

serveTarget({
  port: await listen(server),
  get refused() {
    return refused;
  },
  publish(k) {
    const i = recordOf(workload, k);
    pending += 1;
    // One transaction per update, as a probe or a report makes it: version, diff, text, change log.
    void commit
      .write('main', 'bench', (draft) => {
        draft.put(collection, idOf(i), fieldsOf(workload.kind, i, k));
        return ok(null);
      })
      .then((written) => {
        if (!written.ok) refused += 1;
        pending -= 1;
        if (pending === 0) onSettled();
      });
  },
  settled() {
    if (pending === 0) return Promise.resolve();
    return new Promise((resolve) => (onSettled = resolve));
  },
  async close() {
    door.close();
    server.closeAllConnections();
    server.close();
    await keys.flush();
    await keep.close();
  },
});

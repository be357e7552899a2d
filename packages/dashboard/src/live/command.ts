import type { Client, CommandResult } from '@statewire/client';
import type { AgentOrder, ServiceCreate, ServicePatch } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { plural } from '../lib/format.ts';
import type { ListedService } from '../lib/listed.ts';
import { serverNow } from '../lib/ticker.ts';
import { done, failedToast } from '../parts/toast.tsx';
import { type Problem, problem } from '../rest/request.ts';

/**
 * What people do to records, over the live connection, so that the answer and the change arrive in order. Each
 * says itself when it failed; what worked is seen in the row.
 */
let client: Client | null = null;

/** Which client commands go through; null when nobody is signed in. */
export function commandThrough(next: Client | null): void {
  client = next;
}

type Named = Pick<ListedService, 'id'>;
type Listed = Pick<ListedService, 'id' | 'kind' | 'desired'>;

/** Probes now. */
export async function recheck(row: Named): Promise<void> {
  await say(call('services', row.id, 'refresh'));
}

export async function recheckAll(rows: readonly Listed[]): Promise<void> {
  const probed = rows.filter((row) => row.kind !== 'heartbeat' && row.desired === 'active');
  await sayAll(
    probed,
    (row) => call('services', row.id, 'refresh'),
    (n) => `Rechecking ${plural(n, 'service')}`,
  );
}

export async function pause(rows: readonly Listed[]): Promise<void> {
  await sayAll(
    rows,
    (row) => call('services', row.id, 'pause'),
    (n) => `${plural(n, 'service')} paused`,
  );
}

export async function resume(rows: readonly Listed[]): Promise<void> {
  await sayAll(
    rows,
    (row) => call('services', row.id, 'resume'),
    (n) => `${plural(n, 'service')} resumed`,
  );
}

/** Nobody is told of them for so long. */
export async function mute(rows: readonly Named[], ms: number): Promise<void> {
  const until = Math.round(serverNow()) + ms;
  await sayAll(
    rows,
    (row) => run('services', row.id, 'mute', { until }),
    (n) => `${plural(n, 'service')} muted`,
  );
}

export async function unmute(rows: readonly Named[]): Promise<void> {
  await sayAll(
    rows,
    (row) => call('services', row.id, 'unmute'),
    (n) => `${plural(n, 'service')} unmuted`,
  );
}

export async function acceptTools(row: Named): Promise<void> {
  await say(call('services', row.id, 'accept-tools'));
}

export async function clearOverride(row: Named): Promise<void> {
  await say(call('services', row.id, 'clear-override'));
}

export async function cancelRun(collection: 'jobs' | 'executions', id: string): Promise<void> {
  await say(call(collection, id, 'cancel'));
}

/** A command on one record; what went wrong comes back for whoever asked. */
export function run(collection: string, id: string, name: string, args?: JsonObject): Promise<Problem | null> {
  return through((live) => live.collection(collection).call(id, name, args));
}

/** A command that answers something. `T` is what the server documents for it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what the server documents.
export async function ask<T>(
  collection: string,
  id: string,
  name: string,
  args?: JsonObject,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }> {
  let value: unknown = null;
  const failed = await through(async (live) => {
    const result = await live.collection(collection).call(id, name, args);
    if (result.ok) value = result.value;
    return result;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it is our own server, which says what it answers.
  return failed === null ? { ok: true, value: value as T } : { ok: false, problem: failed };
}

/** Orders agents something. Each is told, and its record says how far that is. */
export async function orderAgents(rows: readonly Named[], order: AgentOrder, args?: JsonObject): Promise<void> {
  await sayAll(
    rows,
    (row) => run('agents', row.id, order, args),
    (n) => `${plural(n, 'agent')} asked`,
  );
}

/** The same, said in a toast when it failed. */
export async function act(collection: string, id: string, name: string, args?: JsonObject): Promise<void> {
  await say(run(collection, id, name, args));
}

/**
 * Marks notifications of one's own. They move at once and are put back when the server refuses; then it is said why.
 */
export async function mark(ids: readonly string[], state: 'unread' | 'read' | 'archived'): Promise<void> {
  await sayAll(
    ids,
    (id) => through((live) => live.notifications.patch(id, { state }, { optimistic: true })),
    (n) => `${plural(n, 'notification')} ${state === 'archived' ? 'archived' : `marked ${state}`}`,
  );
}

/** Puts notifications off until a time. */
export async function snooze(ids: readonly string[], until: number): Promise<void> {
  await sayAll(
    ids,
    (id) => run('notifications', id, 'snooze', { until }),
    (n) => `${plural(n, 'notification')} snoozed`,
  );
}

/**
 * Keeps what the person wants to be told; `id` is null while they never said anything. Resolves with the id of the record that
 * holds it, or null when it was refused.
 */
export async function prefer(id: string | null, fields: JsonObject): Promise<string | null> {
  const { id: kept, problem: failed } = await savePreferences(id, fields);
  if (failed !== null) failedToast(failed);
  return kept;
}

/** The same for whoever says themselves what went wrong; `version` holds the change. */
export async function savePreferences(
  id: string | null,
  fields: JsonObject,
): Promise<{ readonly id: string | null; readonly version: number | null; readonly problem: Problem | null }> {
  let kept: string | null = null;
  let version: number | null = null;
  const failed = await through(async (live) => {
    const of = live.collection('preferences');
    const result = await (id === null ? of.create(fields) : of.patch(id, fields));
    if (result.ok) ({ id: kept, version } = result);
    return result;
  });
  return { id: kept, version, problem: failed };
}

/**
 * Makes a record (`id` null) or changes one; `base` is the version the person saw. For the form that asked: `onSaved`
 * hears the version that holds the change, so that a form that stays open goes on from there.
 */
export function save(
  collection: string,
  id: string | null,
  fields: JsonObject,
  base?: number,
  onSaved?: (version: number) => void,
): Promise<Problem | null> {
  return through(async (live) => {
    const of = live.collection(collection);
    const result = await (id === null ? of.create(fields) : of.patch(id, fields, { base }));
    if (result.ok) onSaved?.(result.version);
    return result;
  });
}

/** Creates a service; what went wrong comes back for the form. */
export function createService(body: ServiceCreate): Promise<Problem | null> {
  return through((live) => live.services.create(body, { id: body.id }));
}

export function patchService(id: string, body: ServicePatch, base: number | undefined): Promise<Problem | null> {
  return through((live) => live.services.patch(id, body, { base }));
}

/** Deletes records one by one; stops at nothing and tells the first failure. */
export async function remove(collection: string, ids: readonly string[]): Promise<Problem | null> {
  const results = await inTurn(ids, (id) => through((live) => live.collection(collection).delete(id)));
  return results.find((failed) => failed !== null) ?? null;
}

function call(collection: string, id: string, name: string): Promise<Problem | null> {
  return through((live) => live.collection(collection).call(id, name));
}

async function say(result: Promise<Problem | null>): Promise<void> {
  const failed = await result;
  if (failed !== null) failedToast(failed);
}

async function sayAll<T>(
  rows: readonly T[],
  act: (row: T) => Promise<Problem | null>,
  text: (n: number) => string,
): Promise<void> {
  const results = await inTurn(rows, act);
  const failures = results.filter((failed) => failed !== null);
  const [first] = failures;
  if (first !== undefined)
    failedToast(
      failures.length === 1
        ? first
        : { ...first, detail: `${failures.length} of ${rows.length} failed. ${first.detail}` },
    );
  else if (rows.length > 1) done(text(rows.length));
}

// The server takes 20 commands a second per connection with a burst of 50; more at once would be refused, not faster.
const AT_ONCE_MAX = 8;

async function inTurn<T>(
  items: readonly T[],
  act: (item: T) => Promise<Problem | null>,
): Promise<readonly (Problem | null)[]> {
  const results: (Problem | null)[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE_MAX)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE_MAX).map(act))));
  return results;
}

async function through(act: (live: Client) => Promise<CommandResult>): Promise<Problem | null> {
  if (client === null) return problem('auth_required', 'You are not signed in');
  const result = await act(client);
  if (result.ok) return null;
  if (result.conflict !== null) {
    return problem(
      'conflict',
      'Somebody else changed it meanwhile',
      `Changed since you opened it: ${result.conflict.fields.join(', ')}. Close this, look at what it is now, and change it again.`,
    );
  }
  return problem(result.code, result.message);
}

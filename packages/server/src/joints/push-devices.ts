import type { PushDevice } from '@statewire/model';
import { ok, refuse, type Json, type Result } from '@statewire/protocol';
import { createHash } from 'node:crypto';
import type { Commit, Draft, Written } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Limits } from '../lib/limits.ts';
import { personKey } from '../lib/person.ts';
import type { Principal } from '../lib/principal.ts';
import type { Vault } from '../lib/vault.ts';
import { plains } from '../collect/commands/plains/index.ts';
import type { WriteDeps } from '../collect/reports/deps.ts';
import type { Notice } from '../send/notice.ts';

/** A subscription as the browser made it. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** What the person calls the browser. */
  readonly name: string;
}

export interface PushDevicesDeps {
  readonly live: Pick<Live, 'entries'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly store: Pick<Store, 'documents'>;
  readonly vault: Pick<Vault, 'open' | 'seal'>;
  readonly limits: Pick<Limits, 'pushDevicesPerPersonMax'>;
  readonly writes: WriteDeps;
  readonly onError: (error: unknown, what: string) => void;
}

/** Document kind of one subscription; keyed by `<person>/<device>`, sealed for exactly that place. */
const PUSH = 'push-device';

/**
 * The browsers that people want to be reached at. Address and keys let anybody who has them write to that browser, so
 * they are sealed apart from the records; preferences show only a name and the push service.
 */
export class PushDevices {
  readonly #deps: PushDevicesDeps;
  /** Opened subscriptions, by organization and person. */
  readonly #known = new Map<string, Map<string, string>>();

  constructor(deps: PushDevicesDeps) {
    this.#deps = deps;
  }

  /** Opens what is stored. One that does not open any more (another key) is left out and said. */
  async start(): Promise<void> {
    for (const { org, id, value } of await this.#deps.store.documents(PUSH, null)) {
      const opened = value === null ? refuse('gone', 'empty') : this.#deps.vault.open({ org, kind: PUSH, id }, value);
      const stored = opened.ok ? storedOf(opened.value) : null;
      if (stored === null)
        this.#deps.onError(new Error('it does not open'), `a push subscription of ${org} was left out`);
      else this.#set(org, stored.person, id.slice(id.lastIndexOf('/') + 1), stored.to);
    }
  }

  /** The subscriptions of a person, as JSON texts. */
  devices(org: string, person: string): readonly { readonly id: string; readonly to: string }[] {
    return [...(this.#known.get(`${org}/${person}`) ?? [])].map(([id, to]) => ({ id, to }));
  }

  /** The public key that browsers subscribe with: that of the channel pushes go through. */
  key(org: string): { readonly channel: string; readonly publicKey: string } | null {
    const channels = Array.from(this.#deps.live.entries(org, 'channels')).filter(
      ({ row }) => row['kind'] === 'webpush' && row['isEnabled'] === true,
    );
    const first = channels.toSorted((a, b) => a.rid - b.rid)[0];
    const settings = first?.row['settings'];
    if (first === undefined || typeof settings !== 'object' || settings === null || !('publicKey' in settings))
      return null;
    return typeof settings['publicKey'] === 'string' ? { channel: first.id, publicKey: settings['publicKey'] } : null;
  }

  /** Takes a browser; the same browser again is one device. */
  async subscribe(principal: Principal, subscription: PushSubscription): Promise<Result<Written<PushDevice>>> {
    const { commit, vault, limits } = this.#deps;
    const { org, id: person } = principal;
    const { endpoint, keys, name } = subscription;
    const id = `dev_${createHash('sha256').update(endpoint).digest('hex').slice(0, 24)}`;
    const to = JSON.stringify({ endpoint, keys });
    const written = await commit.write(org, `${principal.kind}:${person}`, (draft) => {
      const row = this.#preferences(draft, principal);
      if (!row.ok) return row;
      const others = devicesOf(row.value).filter((device) => device.id !== id);
      if (others.length >= limits.pushDevicesPerPersonMax) {
        return refuse('too_large', `you have ${others.length} browsers, which is the limit; remove one first`);
      }
      const device: PushDevice = { id, name, host: new URL(endpoint).host, at: draft.now };
      draft.put('preferences', personKey(person), { ...row.value, push: [...others, device] });
      const place = { org, kind: PUSH, id: `${personKey(person)}/${id}` };
      draft.document(PUSH, place.id, vault.seal(place, { person, to }));
      return ok(device);
    });
    if (written.ok) this.#set(org, person, id, to);
    return written;
  }

  /** Forgets a browser of this person. */
  async unsubscribe(org: string, person: string, id: string): Promise<Result<Written<{ readonly id: string }>>> {
    const written = await this.#deps.commit.write(org, 'system', (draft) => {
      const row = draft.get('preferences', personKey(person));
      const devices = row === null ? [] : devicesOf(row);
      if (row === null || !devices.some((device) => device.id === id)) {
        return refuse('not_found', `there is no push subscription ${id.slice(0, 64)}`);
      }
      draft.put('preferences', row.id, { ...row, push: devices.filter((device) => device.id !== id) });
      draft.document(PUSH, `${personKey(person)}/${id}`, null);
      return ok({ id });
    });
    if (written.ok) this.#known.get(`${org}/${person}`)?.delete(id);
    return written;
  }

  /** A push service says that there is no such browser any more. */
  gone(org: string, notice: Notice): void {
    if (notice.kind !== 'notification' || notice.to === undefined) return;
    for (const [key, devices] of this.#known) {
      for (const [id, to] of devices) {
        if (to !== notice.to || !key.startsWith(`${org}/`)) continue;
        this.unsubscribe(org, key.slice(org.length + 1), id).then(
          (done) =>
            done.ok || this.#deps.onError(new Error(done.message), 'an ended push subscription was not removed'),
          (error: unknown) => this.#deps.onError(error, 'an ended push subscription was not removed'),
        );
      }
    }
  }

  #set(org: string, person: string, id: string, to: string): void {
    const devices = this.#known.get(`${org}/${person}`) ?? new Map<string, string>();
    this.#known.set(`${org}/${person}`, devices);
    devices.set(id, to);
  }

  /** The caller's preferences, made with the defaults where there are none. */
  #preferences(draft: Draft, principal: Principal): Result<{ readonly [field: string]: Json }> {
    const id = personKey(principal.id);
    const known = draft.get('preferences', id);
    if (known !== null) return ok(known);
    const born = plains['preferences']?.born(this.#deps.writes, draft, { principal, id, fields: {} });
    return born ?? refuse('unsupported', 'this server keeps no preferences');
  }
}

function devicesOf(row: { readonly [field: string]: Json }): readonly PushDevice[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `preferences` are Preferences.
  return (row['push'] ?? []) as readonly PushDevice[];
}

function storedOf(value: Json): { readonly person: string; readonly to: string } | null {
  if (typeof value !== 'object' || value === null || !('person' in value) || !('to' in value)) return null;
  const { person, to } = value;
  return typeof person === 'string' && typeof to === 'string' ? { person, to } : null;
}

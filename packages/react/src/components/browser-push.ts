/** Web Push as a browser sees it: how it stands, and how it is taken on and off. No React here. */
import type { TokenSource } from '@statewire/client';
import type { PushDevice } from '@statewire/model';

/** The doors of a server that takes browsers. `pushServer` makes the real one. */
export interface PushServer {
  /** The key that browsers subscribe with; null while no channel for pushes is enabled. */
  readonly key: () => Promise<string | null>;
  /** Takes this browser, and says under which id. */
  readonly add: (subscription: PushSubscriptionJSON, name: string) => Promise<string>;
  /** Forgets a browser; one that is not known is forgotten. */
  readonly remove: (id: string) => Promise<void>;
}

/** How this browser stands to pushes. */
export type PushState =
  | { readonly at: 'asking' }
  /** It has none, or only over HTTPS. */
  | { readonly at: 'unsupported'; readonly isSecure: boolean }
  /** The person said no; only the browser's own settings take that back. */
  | { readonly at: 'denied' }
  /** No channel of the server sends them. */
  | { readonly at: 'unconfigured' }
  /** It could: the person has not been asked, or has them off. */
  | { readonly at: 'default'; readonly key: string }
  | { readonly at: 'on'; readonly key: string; readonly device: string }
  | { readonly at: 'failed'; readonly error: Error };

/** The service worker that shows pushes: the address of its script, or null for whichever the app has registered. */
export type PushWorker = string | null;

/** A server's doors by REST, with the credential of the signed-in person. */
export function pushServer({ url, token }: { readonly url: string; readonly token?: TokenSource }): PushServer {
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const bearer = typeof token === 'function' ? await token() : token;
    return fetch(`${url.replace(/\/+$/u, '')}${path}`, {
      method,
      credentials: 'include',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  return {
    key: async () => {
      const reply = await ask('GET', '/v1/push/key');
      return reply.status === 404 ? null : wordIn(reply, 'publicKey');
    },
    add: async ({ endpoint, keys }, name) =>
      wordIn(await ask('POST', '/v1/push/subscriptions', { endpoint, keys, name }), 'id'),
    remove: async (id) => {
      const reply = await ask('DELETE', `/v1/push/subscriptions/${encodeURIComponent(id)}`);
      if (reply.status !== 404) await wordIn(reply, 'id');
    },
  };
}

/** Looks without asking the person anything. `devices` are those the server knows of them. */
export async function pushState(
  server: PushServer,
  devices: readonly PushDevice[],
  worker: PushWorker,
): Promise<PushState> {
  if (!isSupported()) return { at: 'unsupported', isSecure: globalThis.isSecureContext };
  const key = await server.key();
  if (key === null) return { at: 'unconfigured' };
  if (Notification.permission === 'denied') return { at: 'denied' };
  const subscription = (await (await registered(worker))?.pushManager.getSubscription()) ?? null;
  const device = read();
  // On is what both sides think is on: the browser, with the key of now, and the server.
  return subscription !== null && device !== null && devices.some(({ id }) => id === device) && isFor(subscription, key)
    ? { at: 'on', key, device }
    : { at: 'default', key };
}

/** Asks the person and makes this browser one of theirs. Throws what a person can read. */
export async function enablePush(server: PushServer, key: string, worker: PushWorker): Promise<void> {
  if (!isSupported()) throw new Error('this browser takes no pushes');
  // First of all: browsers let a page ask only right after the person pressed something.
  if ((await Notification.requestPermission()) !== 'granted') {
    throw new Error('the browser does not allow notifications of this site');
  }
  if (worker !== null) await navigator.serviceWorker.register(worker);
  else if ((await registered(null)) === undefined) {
    throw new Error('found no service worker; register the one of the app first, or name its script');
  }
  const { pushManager } = await navigator.serviceWorker.ready;
  const old = await pushManager.getSubscription();
  // Made for another key, it would take nothing that the server sends.
  if (old !== null && !isFor(old, key)) await old.unsubscribe();
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  write(await server.add(subscription.toJSON(), browserName(navigator.userAgent)));
}

/** Takes a browser off; this one also forgets its subscription. */
export async function disablePush(server: PushServer, device: string, worker: PushWorker): Promise<void> {
  if (device === read()) {
    write(null);
    const registration = isSupported() ? await registered(worker) : undefined;
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }
  await server.remove(device);
}

/** `Chrome on Android`: what a person calls the browser they hold. */
export function browserName(agent: string): string {
  const named = (marks: readonly (readonly [mark: string, name: string])[]): string | undefined =>
    marks.find(([mark]) => agent.includes(mark))?.[1];
  const browser = named(BROWSERS);
  const system = named(SYSTEMS);
  return `${browser ?? 'A browser'}${system === undefined ? '' : ` on ${system}`}`;
}

function isSupported(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
}

function registered(worker: PushWorker): Promise<ServiceWorkerRegistration | undefined> {
  const { serviceWorker } = navigator;
  return worker === null ? serviceWorker.getRegistration() : serviceWorker.getRegistration(worker);
}

function isFor({ options }: PushSubscription, key: string): boolean {
  const made = options.applicationServerKey;
  if (made === null) return true;
  const base64 = btoa(String.fromCodePoint(...new Uint8Array(made)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/u, '') === key.replace(/=+$/u, '');
}

/** A word of an answer, or what the server says is wrong. */
async function wordIn(reply: Response, name: string): Promise<string> {
  const body: unknown = await reply.json().catch(() => null);
  const fields = typeof body === 'object' && body !== null ? new Map(Object.entries(body)) : new Map<string, unknown>();
  const word = fields.get(name);
  if (reply.ok && typeof word === 'string') return word;
  const said = fields.get('detail') ?? fields.get('title');
  throw new Error(typeof said === 'string' ? said : `the server answered ${reply.status}`);
}

/** By which id the server knows this browser. */
const PLACE = 'statewire.push-device';

function read(): string | null {
  try {
    return globalThis.localStorage.getItem(PLACE);
  } catch {
    // Storage is forbidden here: the person is asked to take it on again, which makes no second device.
    return null;
  }
}

function write(device: string | null): void {
  try {
    if (device === null) globalThis.localStorage.removeItem(PLACE);
    else globalThis.localStorage.setItem(PLACE, device);
  } catch {
    // As above.
  }
}

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['SamsungBrowser', 'Samsung Internet'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS', 'Mac'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

import type { PushDevice } from '@statewire/model';
import { env } from '../../lib/env.ts';
import { addDevice, pushKey, removeDevice } from '../../rest/push.ts';
import { type Problem, problem } from '../../rest/request.ts';

/** How this browser stands to pushes. */
export type PushState =
  | { readonly at: 'asking' }
  /** It has none, or only over HTTPS. */
  | { readonly at: 'unsupported'; readonly isSecure: boolean }
  /** The person said no; only the browser's own settings take that back. */
  | { readonly at: 'denied' }
  /** No channel of ours sends them. */
  | { readonly at: 'unconfigured' }
  | { readonly at: 'off'; readonly key: string }
  | { readonly at: 'on'; readonly key: string; readonly device: string }
  | { readonly at: 'failed'; readonly problem: Problem };

const WORKER = '/push.js';
// The id by which the server knows this browser.
const DEVICE = 'push-device';

/** Looks without asking the person anything. `devices` are those the server knows of them. */
export async function pushState(devices: readonly PushDevice[]): Promise<PushState> {
  if (!isSupported()) return { at: 'unsupported', isSecure: globalThis.isSecureContext };
  const answer = await pushKey();
  if (!answer.ok) {
    return answer.problem.status === 404 ? { at: 'unconfigured' } : { at: 'failed', problem: answer.problem };
  }
  if (Notification.permission === 'denied') return { at: 'denied' };
  const key = answer.value.publicKey;
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const subscription = (await registration?.pushManager.getSubscription()) ?? null;
  const device = env.read(DEVICE);
  // On is what both sides think is on: the browser, with the key of now, and the server.
  return subscription !== null && device !== null && devices.some(({ id }) => id === device) && isFor(subscription, key)
    ? { at: 'on', key, device }
    : { at: 'off', key };
}

/** Asks the person and makes this browser one of theirs. Null when it is. */
export async function enablePush(key: string): Promise<Problem | null> {
  try {
    if ((await Notification.requestPermission()) !== 'granted') {
      return problem('denied', 'The browser does not allow notifications');
    }
    await navigator.serviceWorker.register(WORKER);
    const { pushManager } = await navigator.serviceWorker.ready;
    const old = await pushManager.getSubscription();
    // Made for another key, it would take nothing that we send.
    if (old !== null && !isFor(old, key)) await old.unsubscribe();
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const answer = await addDevice(subscription.toJSON(), browserName(navigator.userAgent));
    if (!answer.ok) return answer.problem;
    env.write(DEVICE, answer.value.id);
    return null;
  } catch (error) {
    return problem(
      'push_failed',
      'The browser could not subscribe to its push service',
      error instanceof Error ? error.message : String(error),
    );
  }
}

/** Takes a browser off; this one also forgets its subscription. */
export async function disablePush(device: string): Promise<Problem | null> {
  if (device === env.read(DEVICE)) {
    env.write(DEVICE, null);
    const registration = isSupported() ? await navigator.serviceWorker.getRegistration(WORKER) : undefined;
    await (await registration?.pushManager.getSubscription())?.unsubscribe();
  }
  const answer = await removeDevice(device);
  return answer.ok || answer.problem.status === 404 ? null : answer.problem;
}

function isSupported(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
}

function isFor({ options }: PushSubscription, key: string): boolean {
  const made = options.applicationServerKey;
  if (made === null) return true;
  const base64 = btoa(String.fromCodePoint(...new Uint8Array(made)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/u, '') === key.replace(/=+$/u, '');
}

/** `Chrome on Android`: what a person calls the browser they hold. */
export function browserName(agent: string): string {
  const browser = [
    ['Edg/', 'Edge'],
    ['OPR/', 'Opera'],
    ['SamsungBrowser', 'Samsung Internet'],
    ['Firefox/', 'Firefox'],
    ['Chrome/', 'Chrome'],
    ['Safari/', 'Safari'],
  ].find(([mark = '']) => agent.includes(mark))?.[1];
  const system = [
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad'],
    ['Android', 'Android'],
    ['Windows', 'Windows'],
    ['Mac OS', 'Mac'],
    ['CrOS', 'ChromeOS'],
    ['Linux', 'Linux'],
  ].find(([mark = '']) => agent.includes(mark))?.[1];
  return `${browser ?? 'A browser'}${system === undefined ? '' : ` on ${system}`}`;
}

/**
 * What a service worker does with the pushes of a Statewire server: it shows them while no page is open, and opens the place
 * they are about. It keeps and fetches nothing. A worker of an app is two lines:
 *
 *     import { servePush } from '@statewire/client/push-worker';
 *     servePush(self, { home: '/inbox' });
 */

/** Where pressed notices lead, and how they look. */
export interface PushWorkerOptions {
  /** The place for a notice that names none, or one that is not of this site. Default `/`. */
  readonly home?: string | undefined;
  /** Address of the icon beside each notice. Default: the browser's. */
  readonly icon?: string | undefined;
  /** Title of a notice that has none. Default `Statewire`. */
  readonly title?: string | undefined;
  /** Where a place that the server named lies in this app; a path of this site. Default: the same path. */
  readonly placeOf?: ((path: string) => string) | undefined;
}

/** The part of a service worker's `self` that is used. */
export interface PushScope {
  readonly registration: {
    readonly scope: string;
    showNotification(title: string, options: object): Promise<void>;
  };
  readonly clients: {
    matchAll(options: { readonly includeUncontrolled: boolean }): Promise<readonly PushTab[]>;
    openWindow(url: string): Promise<unknown>;
  };
  addEventListener(type: string, listener: (event: PushScopeEvent) => void): void;
}

/** An open page. */
export interface PushTab {
  readonly focused?: boolean;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}

/** What the two events carry, of those fields that are used. */
export interface PushScopeEvent {
  readonly data?: { json(): unknown } | null;
  readonly notification?: { readonly data: unknown; close(): void };
  waitUntil(work: Promise<unknown>): void;
}

/** Shows what is pushed, and takes an open tab to the place when it is pressed; without one a new tab opens. */
export function servePush(scope: PushScope, options: PushWorkerOptions = {}): void {
  const place = (path: unknown): string => placeIn(scope, options, path);
  scope.addEventListener('push', (event) => {
    event.waitUntil(show(scope, options, readFrom(event.data), place));
  });
  scope.addEventListener('notificationclick', (event) => {
    event.notification?.close();
    event.waitUntil(open(scope, place(fieldsOf(event.notification?.data)['path'])));
  });
}

async function show(
  { registration }: PushScope,
  { icon, title = 'Statewire' }: PushWorkerOptions,
  told: Readonly<Record<string, unknown>>,
  place: (path: unknown) => string,
): Promise<void> {
  const tag = text(told['tag']);
  await registration.showNotification(text(told['title']) || title, {
    body: text(told['body']),
    // A newer word of the same thing takes the place of the older one, and is heard again.
    ...(tag === '' ? {} : { tag, renotify: true }),
    ...(typeof told['at'] === 'number' ? { timestamp: told['at'] } : {}),
    ...(icon === undefined ? {} : { icon }),
    requireInteraction: told['severity'] === 'critical' && told['state'] === 'firing',
    data: { path: place(told['path']) },
  });
}

async function open({ clients }: PushScope, path: string): Promise<void> {
  const tabs = await clients.matchAll({ includeUncontrolled: true });
  const tab = tabs.find((each) => each.focused === true) ?? tabs[0];
  if (tab === undefined) {
    await clients.openWindow(path);
    return;
  }
  await tab.focus();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a tab of our own scope, not a window of anybody's.
  tab.postMessage({ open: path });
}

/** A path of this site; whatever else was sent leads home. */
function placeIn(
  { registration }: PushScope,
  { home = '/', placeOf = (path) => path }: PushWorkerOptions,
  path: unknown,
): string {
  const wanted = text(path);
  if (!isPath(wanted)) return home;
  const place = placeOf(wanted);
  const { origin } = new URL(registration.scope);
  return isPath(place) && new URL(place, origin).origin === origin ? place : home;
}

function isPath(path: string): boolean {
  return path.startsWith('/') && !path.startsWith('//') && !path.includes('\\');
}

function readFrom(data: PushScopeEvent['data']): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(data?.json());
  } catch {
    // Something came that we cannot read: browsers want a notice all the same.
    return {};
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

// Shows what the server pushes while no page is open, and opens the place it is about. It keeps and fetches nothing else.
self.addEventListener('push', (event) => {
  event.waitUntil(show(event.data));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(placeOf(event.notification.data?.path)));
});

async function show(data) {
  let told = {};
  try {
    told = data?.json() ?? {};
  } catch {
    // Something came that we cannot read: browsers want a notice all the same.
  }
  const isUrgent = told.severity === 'critical' && told.state === 'firing';
  await self.registration.showNotification(text(told.title) || 'Statewire', {
    body: text(told.body),
    // A newer word of the same thing takes the place of the older one, and is heard again.
    ...(text(told.tag) === '' ? {} : { tag: told.tag, renotify: true }),
    ...(typeof told.at === 'number' ? { timestamp: told.at } : {}),
    icon: '/favicon.svg',
    requireInteraction: isUrgent,
    data: { path: placeOf(told.path) },
  });
}

/** An open tab of ours is taken to the place; without one a new tab opens. */
async function open(path) {
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const tab = tabs.find((each) => each.focused) ?? tabs[0];
  if (tab === undefined) {
    await self.clients.openWindow(path);
    return;
  }
  await tab.focus();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a tab of our own scope, not a window of anybody's.
  tab.postMessage({ open: path });
}

/** A path of this server; whatever else was sent leads to the inbox. */
function placeOf(path) {
  const wanted = text(path);
  if (!wanted.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\')) return '/inbox';
  return new URL(wanted, self.location.origin).origin === self.location.origin ? wanted : '/inbox';
}

function text(value) {
  return typeof value === 'string' ? value : '';
}

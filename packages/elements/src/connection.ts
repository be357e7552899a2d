import { brief, clockTime, connectionLooks, isTrouble } from '@statewire/client/look';
import type { Host, Kind } from './element.ts';
import { html, icon, show } from './nodes.ts';

/** The connection as a pill: Live, Reconnecting 4 s, Offline, of when the data is. A press tries again at once. */
export const connection: Kind = {
  name: 'sw-connection',
  attributes: [],
  tickMs: 1_000,
  watch(host) {
    const client = host.client();
    client.connect();
    return { rows: () => [], status: () => null, subscribe: client.connection.subscribe };
  },
  draw,
};

function draw(host: Host): void {
  if (host.failure !== null) {
    show(host.root, html('p', { class: 'note', part: 'note', role: 'alert' }, host.failure));
    return;
  }
  const client = host.client();
  const { state, retryAt, lastMessageAt } = client.connection;
  const { word, tone } = connectionLooks[state];
  const leftMs = retryAt === null ? 0 : retryAt - client.serverNow();
  const said = `Connection: ${word}`;
  const drawn = host.root.querySelector('button');
  // The button stays the same one: it may have the focus, and a live region that is new says nothing.
  const pill = drawn ?? html('button', { type: 'button', part: 'pill' });
  const region = host.root.querySelector('output') ?? html('output', { class: 'hidden' });
  pill.className = `pill${isTrouble(state) ? ' trouble' : ''}`;
  pill.dataset['tone'] = tone;
  pill.dataset['state'] = state;
  pill.title = isTrouble(state) ? 'Try again now' : 'Check now';
  pill.replaceChildren(
    icon(tone),
    html('span', {}, leftMs > 0 ? `${word} ${brief(Math.ceil(leftMs / 1000) * 1000)}` : word),
    ...(isTrouble(state) && lastMessageAt !== null
      ? [html('span', { class: 'asof', part: 'asof' }, `data as of ${clockTime(lastMessageAt)}`)]
      : []),
  );
  if (region.textContent !== said) region.textContent = said;
  if (drawn !== null) return;
  pill.addEventListener('click', () => host.client().reconnect());
  show(host.root, pill, region);
}

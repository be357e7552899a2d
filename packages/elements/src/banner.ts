import type { CoreClient } from '@statewire/client/core';
import { deviceIn, isSafeUrl, messageLooks, priorityIn } from '@statewire/client/look';
import type { Row } from '@statewire/protocol';
import { numberOf, textOf, type Host, type Kind, type Watch } from './element.ts';
import { anchor, marks } from './marks.ts';
import { glyph, html, icon, show } from './nodes.ts';

/**
 * What operators say to whoever looks, while it holds: `<sw-banner></sw-banner>`, or `placement="over"` above the page. It comes
 * and goes at its times by the server's clock; what is put away stays so. `max` says how many at once (3), `client` of what a writer
 * sees only what this customer's users see.
 */
export const banner: Kind = {
  name: 'sw-banner',
  attributes: ['max', 'client', 'placement'],
  // An end is seen at its time, before anything has come.
  tickMs: 200,
  watch(host): Watch {
    const client = host.client();
    const messages = client.collection('messages').where(['eq', 'state', 'active']).view();
    const receipts = client.collection('dismissals').view();
    return {
      rows() {
        // Not for a moment what its reader has put away.
        if (receipts.get().status === 'loading') return [];
        const away = new Set(
          receipts
            .get()
            .rows.filter(isAway)
            .map((row) => textOf(row, 'message')),
        );
        return messages.get().rows.filter(({ id }) => !away.has(id));
      },
      status: () => messages.get().status,
      subscribe(tell) {
        const stops = [messages.subscribe(tell), receipts.subscribe(tell)];
        return () => {
          for (const stop of stops) stop();
        };
      },
    };
  },
  draw,
};

/** What one banner knows beside its records. */
interface Kept {
  readonly client: CoreClient;
  /** How it was drawn last; a listener draws it so again. */
  host: Host;
  /** Messages of which the server was told that they were shown. */
  readonly told: Set<string>;
  readonly away: Set<string>;
  isWhole: boolean;
  readonly polite: HTMLElement;
  readonly pressing: HTMLElement;
  readonly list: HTMLElement;
  /** What is drawn, by id, with what it was drawn of. */
  readonly drawn: Map<string, { readonly of: string; readonly node: HTMLElement }>;
}

const kept = new WeakMap<ShadowRoot, Kept>();
const MAX = 3;
const MAX_MAX = 50;

let known: string | null = null;

function device(): string {
  known ??= deviceIn(() => globalThis.localStorage);
  return known;
}

function isAway(row: Row): boolean {
  const of = textOf(row, 'device');
  return numberOf(row, 'dismissedAt') !== null && (of === '' || of === device());
}

function draw(host: Host): void {
  const { root, rows, status, failure } = host;
  if (failure !== null || status === 'denied') {
    kept.delete(root);
    show(root, html('p', { class: 'note', part: 'note', role: 'alert' }, failure ?? 'Messages may not be read here'));
    return;
  }
  const is = keptOf(host);
  is.host = host;
  const now = host.client().serverNow();
  const open = rows
    .filter((row) => !is.away.has(row.id) && isFor(row, host.attr('client')) && !isOver(row, now))
    .sort((a, b) => weightOf(b) - weightOf(a) || (numberOf(b, 'activeAt') ?? 0) - (numberOf(a, 'activeAt') ?? 0));
  const max = Math.min(MAX_MAX, Math.max(1, Math.round(host.number('max') ?? MAX)));
  const shown = is.isWhole ? open : open.slice(0, max);
  place(is, shown, open.length - shown.length);
  say(
    is.polite,
    shown.filter((row) => priorityOf(row) !== 'critical'),
  );
  say(
    is.pressing,
    shown.filter((row) => priorityOf(row) === 'critical'),
  );
  if (status !== 'live' || root.host.hasAttribute('hidden')) return;
  for (const { id } of shown) {
    if (is.told.has(id)) continue;
    is.told.add(id);
    void call(is, id, 'seen');
  }
}

/** What this element knows; nothing of another server's messages. */
function keptOf(host: Host): Kept {
  const { root } = host;
  const client = host.client();
  const before = kept.get(root);
  if (before?.client === client) return before;
  const is: Kept = {
    client,
    host,
    told: new Set(),
    away: new Set(),
    isWhole: false,
    // Live regions stand before they say anything, apart from what is seen: links and buttons are not read out.
    polite: html('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' }),
    pressing: html('div', { class: 'hidden', role: 'alert', 'aria-live': 'assertive' }),
    list: html('div', { class: 'messages', part: 'messages' }),
    drawn: new Map(),
  };
  kept.set(root, is);
  show(root, is.polite, is.pressing, is.list);
  return is;
}

/** Puts what is to be seen in its order; what stands and says the same is not touched: a reader may be at it. */
function place(is: Kept, shown: readonly Row[], more: number): void {
  const nodes: HTMLElement[] = shown.map((row) => {
    const of = JSON.stringify(['title', 'body', 'priority', 'link', 'dismissible'].map((name) => row[name] ?? null));
    const before = is.drawn.get(row.id);
    if (before?.of === of) return before.node;
    const node = message(is, row);
    is.drawn.set(row.id, { of, node });
    return node;
  });
  const ids = new Set(shown.map(({ id }) => id));
  for (const id of is.drawn.keys()) if (!ids.has(id)) is.drawn.delete(id);
  if (more > 0) nodes.push(rest(is, more));
  const gone = Array.from(is.list.children).filter((child) => !nodes.some((node) => node === child));
  for (const child of gone) child.remove();
  for (const [i, node] of nodes.entries()) {
    const there = is.list.children[i] ?? null;
    if (there !== node) is.list.insertBefore(node, there);
  }
}

function message(is: Kept, row: Row): HTMLElement {
  const { id } = row;
  const { word, tone } = messageLooks[priorityOf(row)];
  const title = textOf(row, 'title');
  const follow = (): void => void call(is, id, 'click');
  const url = textOf(row, 'link.url');
  const body = html(
    'div',
    { class: 'message-body' },
    html('p', { class: 'message-title', part: 'title' }, html('span', { class: 'hidden' }, `${word}: `), title),
    html('div', { class: 'prose', part: 'text' }, ...marks(textOf(row, 'body'), follow)),
  );
  if (isSafeUrl(url)) {
    const link = anchor(url, follow, { class: 'message-link', part: 'link' });
    link.append(textOf(row, 'link.text'));
    body.append(link);
  }
  const node = html(
    'div',
    { class: 'message', part: 'message', 'data-tone': tone, 'data-id': id, 'data-priority': priorityOf(row) },
    tone === 'quiet' || tone === 'maintenance' ? glyph('info') : icon(tone, 16),
    body,
  );
  if (row['dismissible'] !== false) {
    const close = html('button', { type: 'button', class: 'close', part: 'close', 'aria-label': `Put away: ${title}` });
    close.append(glyph('close'));
    close.addEventListener('click', () => void putAway(is, id));
    node.append(close);
  }
  return node;
}

function rest(is: Kept, more: number): HTMLElement {
  const text = more === 1 ? 'One more message' : `${more} more messages`;
  const before = is.list.querySelector<HTMLElement>('.more');
  if (before?.textContent === text) return before;
  const button = html('button', { type: 'button', class: 'more', part: 'more' }, text);
  button.addEventListener('click', () => {
    is.isWhole = true;
    again(is);
  });
  return button;
}

/** Away at once, and back only when the server says that it stays. The focus goes on to the next that can be put away. */
async function putAway(is: Kept, id: string): Promise<void> {
  is.away.add(id);
  again(is);
  is.list.querySelector<HTMLElement>('.close')?.focus();
  const result = await call(is, id, 'dismiss');
  if (result.ok || result.code !== 'precondition') return;
  is.away.delete(id);
  again(is);
}

function again({ host }: Kept): void {
  if (host.root.host.isConnected) draw(host);
}

function call(
  is: Kept,
  id: string,
  name: 'click' | 'dismiss' | 'seen',
): ReturnType<ReturnType<CoreClient['collection']>['call']> {
  return is.client.collection('messages').call(id, name, { device: device() });
}

/** Said to screen readers: each title once, when it comes. */
function say(region: HTMLElement, rows: readonly Row[]): void {
  const words = rows.map((row) => `${messageLooks[priorityOf(row)].word}: ${textOf(row, 'title')}`);
  const lines = [...region.children];
  for (const line of lines) if (!words.includes(line.textContent)) line.remove();
  const said = lines.map(({ textContent }) => textContent);
  for (const text of words) if (!said.includes(text)) region.append(html('p', {}, text));
}

function priorityOf(row: Row): ReturnType<typeof priorityIn> {
  return priorityIn(textOf(row, 'priority'));
}

function weightOf(row: Row): number {
  return messageLooks[priorityOf(row)].weight;
}

function isOver(row: Row, now: number): boolean {
  const endsAt = numberOf(row, 'endsAt');
  return endsAt !== null && endsAt <= now;
}

/** Writers see what is for others, too: of that only what the element is told to show. Readers get what is theirs. */
function isFor(row: Row, client: string | null): boolean {
  const audience = textOf(row, 'audience');
  if (client === null) return audience !== 'customers';
  if (audience === '' || audience === 'everyone') return true;
  const { customers } = row;
  return audience === 'customers' && (!Array.isArray(customers) || customers.includes(client));
}

import { createHash, randomBytes } from 'node:crypto';
import type { Subscriber, SubscriberCreate } from '@statewire/model';
import { ok, refuse, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { Limits } from '../../../lib/limits.ts';
import type { Plain } from '../plain.ts';

/** The private document of a subscriber: where to send, and the token by which it confirms and leaves. */
export const SUBSCRIBER_TARGET = 'subscriber-target';

/** Subscribers of pages. One who is named by an administrator confirms like one who came. */
export const subscribers: Plain = {
  prefix: 'sub',
  idOf: (fields) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema of subscribers.
    const { page, kind, target } = fields as unknown as SubscriberCreate;
    return subscriberId(page, kind, target);
  },
  born: (deps, draft, { id, fields }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: read by the create schema of subscribers.
    const wish = fields as unknown as SubscriberCreate;
    return bornSubscriber(deps.limits, draft, id, wish);
  },
  removed: (_, draft, { id }) => {
    draft.document(SUBSCRIBER_TARGET, id, null);
    return ok(null);
  },
};

/**
 * Takes a sign-up from outside. The answer is the same whether the address is new, waits or is confirmed: who listens
 * is nobody's business. A pending one is asked again when the last time was a while ago.
 */
export function signUp(limits: Limits, draft: Draft, wish: SubscriberCreate): Result<null> {
  const id = subscriberId(wish.page, wish.kind, wish.target);
  const known = draft.get('subscribers', id);
  if (known === null) {
    const born = bornSubscriber(limits, draft, id, wish);
    if (!born.ok) return born;
    draft.put('subscribers', id, { observedAt: null, source: null, ...born.value });
    return ok(null);
  }
  const isWaiting = known['state'] === 'pending';
  if (isWaiting && Number(known['nextAt']) < draft.now + limits.subscriberPendingMs - limits.subscriberAgainMs) {
    draft.put('subscribers', id, { ...known, nextAt: draft.now + limits.subscriberPendingMs });
  }
  return ok(null);
}

/** Takes a subscriber and what is known of them away. */
export function forgetSubscriber(draft: Draft, id: string): void {
  draft.delete('subscribers', id);
  draft.document(SUBSCRIBER_TARGET, id, null);
}

/** The same address subscribes to a page once. */
export function subscriberId(page: string, kind: Subscriber['kind'], target: string): string {
  const digest = createHash('sha256')
    .update(`${page}\n${kind}\n${normalized(kind, target)}`)
    .digest('hex');
  return `sub_${digest.slice(0, 24)}`;
}

function bornSubscriber(limits: Limits, draft: Draft, id: string, wish: SubscriberCreate): Result<JsonObject> {
  const { page, kind, target, groups = null } = wish;
  if (draft.get('pages', page) === null) return refuse('not_found', `there is no pages/${page}`);
  let others = 0;
  for (const row of draft.all('subscribers')) if (row['page'] === page) others += 1;
  if (others >= limits.subscribersPerPageMax) {
    return refuse('too_many_records', `found ${others} subscribers of this page, which is the limit`);
  }
  draft.document(SUBSCRIBER_TARGET, id, { target, token: randomBytes(24).toString('base64url') });
  return ok({
    page,
    kind,
    target: masked(kind, target),
    state: 'pending',
    groups,
    confirmedAt: null,
    nextAt: draft.now + limits.subscriberPendingMs,
    labels: {},
  });
}

function normalized(kind: Subscriber['kind'], target: string): string {
  return kind === 'email' ? target.toLowerCase() : target;
}

/** Enough to tell one from another. A webhook's path is often its secret. */
function masked(kind: Subscriber['kind'], target: string): string {
  if (kind === 'webhook') return `${/^https:\/\/[^/?#]+/i.exec(target)?.[0] ?? 'https://'}/...`;
  const [name = '', host = ''] = target.split('@');
  return `${name.slice(0, 1)}...@${host}`;
}

import { createHash } from 'node:crypto';
import type { Channel, Delivery } from '@statewire/model';
import type { Draft } from '../keep/commit-types.ts';
import { limits } from '../lib/limits.ts';
import { noticeJson, type Notice } from './notice.ts';

/** Document kind of a notice that is still to be sent; keyed by its delivery. Gone once the delivery is settled. */
export const NOTICE = 'notice';

/**
 * Puts a notice into the outbox, in the transaction of what caused it: either both are on the disk or neither. The
 * delivery's id is made of the notice's key, so the same key twice is the same row and is not sent twice by us. Returns
 * that id. `place` is a summary's (Delivery). A channel that is missing or disabled is no failure of the caller: the row says so and is not sent.
 */
export function enqueue(draft: Draft, notice: Notice, place: number | null = null): string {
  const id = deliveryId(notice.key);
  if (draft.get('deliveries', id) !== null) return id;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `channels` are Channel.
  const channel = draft.get('channels', notice.channel) as Channel | null;
  const obstacle = channel === null ? MISSING : channel.isEnabled ? '' : DISABLED;
  const kept = noticeJson(notice);
  const isPersonal = notice.kind === 'notification';
  draft.put('deliveries', id, {
    observedAt: null,
    labels: {},
    source: null,
    channel: notice.channel,
    channelName: channel?.name ?? '',
    kind: notice.kind,
    // What is one person's own is nobody else's to read, not even in the log of deliveries.
    title: isPersonal ? '' : (kept['title'] ?? ''),
    refs: isPersonal ? [] : (kept['refs'] ?? []),
    state: obstacle === '' ? 'queued' : 'canceled',
    attempts: 0,
    error: obstacle,
    key: notice.key,
    thread: notice.thread,
    to: notice.to === undefined ? '' : masked(notice.to),
    recipient: recipientOf(notice.channel, notice.to),
    place,
    queuedAt: draft.now,
    deliveredAt: null,
    nextAt: obstacle === '' ? draft.now : null,
  } satisfies Omit<Delivery, 'createdAt' | 'id' | 'org' | 'updatedAt' | 'version'>);
  if (obstacle === '') draft.document(NOTICE, id, kept, draft.now + limits.deliveriesMs);
  return id;
}

export const MISSING = 'there is no such channel any more';
export const DISABLED = 'the channel is disabled';

/** The id of the delivery of a notice with this key. */
export function deliveryId(key: string): string {
  return `dlv_${digest(key).slice(0, 32)}`;
}

/** Opaque, and the same for everything that goes to the same recipient. */
export function recipientOf(channel: string, to: string | undefined): string {
  return digest(`${channel}\n${to ?? ''}`).slice(0, 16);
}

/** Enough to recognise, too little to use: `a…@example.org`, `https://push.example/…`, `+1…06`. */
export function masked(to: string): string {
  const mail = /^(.)[^@]*@([^@]+)$/u.exec(to);
  if (mail !== null) return `${mail[1]}…@${mail[2]}`;
  const url = /https?:\/\/[^/"\s]+/.exec(to);
  if (url !== null) return `${url[0]}/…`;
  return to.length <= 4 ? '…' : `${to.slice(0, 2)}…${to.slice(-2)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}

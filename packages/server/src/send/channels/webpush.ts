/**
 * Web Push to one browser: encrypted for it alone, signed with the channel's VAPID pair. `to` is the subscription as the
 * browser gave it, as JSON text. A push service that knows it no more answers 404 or 410: the subscription is gone.
 */
import { createHash } from 'node:crypto';
import webpush from 'web-push';
import { z } from 'zod';
import type { WebpushSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { parsed, post } from '../post.ts';
import type { Notice } from '../notice.ts';
import { bodyLines, clipBytes, fault, headline, missing, urgency, type Send } from './channel.ts';

export const sendWebpush: Send<WebpushSettings> = async (deps, settings, secrets, notice) => {
  const { privateKey } = secrets;
  if (privateKey === undefined || settings.publicKey === '') return missing('privateKey');
  const subscription = subscriptionSchema.safeParse(parsed(notice.to ?? null));
  if (!subscription.success) {
    return fault(
      'no_recipient',
      'Web Push needs the subscription of one browser; none, or none that can be read, was given.',
      'never',
    );
  }
  const { endpoint, keys } = subscription.data;
  let request: ReturnType<typeof webpush.generateRequestDetails>;
  try {
    request = webpush.generateRequestDetails({ endpoint, keys }, payloadOf(notice), {
      vapidDetails: { subject: settings.subject, publicKey: settings.publicKey, privateKey },
      contentEncoding: 'aes128gcm',
      TTL: TTL_SEC,
      urgency: URGENCY[urgency(notice)],
      // A newer notice of the same thread takes the place of one the browser has not fetched.
      topic: createHash('sha256').update(notice.thread).digest('base64url').slice(0, 32),
    });
  } catch {
    return fault('bad_subscription', 'The keys of the subscription or of the channel cannot be used.', 'never');
  }
  const headers = Object.entries(request.headers)
    .filter(([name]) => name.toLowerCase() !== 'content-length')
    .map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const sent = await post(deps, {
    url: request.endpoint,
    headers: Object.fromEntries(headers),
    body: request.body ?? Buffer.alloc(0),
    hide: [endpoint, privateKey, keys.auth],
  });
  if (sent.ok) return ok({ status: sent.value.status });
  const isGone = sent.code === 'refused_by_receiver' && /HTTP (404|410)\b/.test(sent.message);
  return isGone ? fault('gone', 'The browser ended its subscription.', 'never') : sent;
};

const TTL_SEC = 86_400;
const URGENCY = { low: 'low', normal: 'normal', high: 'high', urgent: 'high' } as const;
// 4096 bytes for the encrypted body, of which 103 are the encryption's.
const PAYLOAD_BYTES_MAX = 3_900;

const subscriptionSchema = z.object({
  endpoint: z.url({ protocol: /^https?$/ }).max(2_048),
  keys: z.object({
    p256dh: z.string().regex(/^[A-Za-z0-9_-]{80,100}={0,2}$/),
    auth: z.string().regex(/^[A-Za-z0-9_-]{16,64}={0,2}$/),
  }),
});

/** What the service worker shows. */
function payloadOf(notice: Notice): string {
  const text = bodyLines(notice).join('\n');
  const shown = (bytes: number): string =>
    JSON.stringify({
      title: clipBytes(headline(notice, 200), 300),
      body: clipBytes(text, bytes),
      tag: clipBytes(notice.thread, 200),
      path: clipBytes(notice.path, 300),
      state: notice.state,
      severity: notice.severity,
      at: notice.at,
    });
  // JSON makes six bytes of a control character: cut until it fits.
  for (let bytes = 2_500; ; bytes = Math.floor(bytes / 2)) {
    const payload = shown(bytes);
    if (Buffer.byteLength(payload) <= PAYLOAD_BYTES_MAX || bytes < 16) return payload;
  }
}

/** The signed webhook: Standard Webhooks headers over a documented JSON body (docs/reference/webhooks.md). */
import { createHmac } from 'node:crypto';
import type { WebhookSettings } from '@statewire/model';
import { ok, type JsonObject } from '@statewire/protocol';
import { deliveryId } from '../enqueue.ts';
import type { Notice } from '../notice.ts';
import { json, post } from '../post.ts';
import { fault, linkOf, type Send, type SendDeps } from './channel.ts';

export const sendWebhook: Send<WebhookSettings> = async (deps, settings, secrets, notice) => {
  const { secret, authorization } = secrets;
  if (secret === undefined) return fault('no_secret', 'The channel has no signing key; set its secret.', 'never');
  const { body } = json(webhookBody(deps, notice));
  // What was set for the channel's own receiver is nobody else's: a subscriber must not be handed a credential.
  const own = notice.to === undefined;
  const headers = {
    'content-type': 'application/json',
    ...(own ? settings.headers : {}),
    ...(own && authorization !== undefined ? { authorization } : {}),
    // Another's address has a key of its own: no subscriber can sign for another.
    ...signed(notice.to === undefined ? secret : subscriberSecret(secret, notice.to), {
      id: deliveryId(notice.key),
      at: deps.clock.now(),
      body,
    }),
  };
  const sent = await post(deps, { url: notice.to ?? settings.url, headers, body, hide: Object.values(secrets) });
  return sent.ok ? ok({ status: sent.value.status }) : sent;
};

/** The headers by which a receiver knows that it was us, and that it was now. The id stays when a notice is sent again. */
export function signed(
  secret: string,
  message: { readonly id: string; readonly at: number; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(message.at / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${message.id}.${timestamp}.${message.body}`).digest('base64');
  return { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** The signing key of somebody who subscribed with this address. */
export function subscriberSecret(secret: string, to: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `whsec_${createHmac('sha256', key).update(to).digest('base64')}`;
}

function webhookBody(deps: SendDeps, notice: Notice): JsonObject {
  return {
    type: `${notice.kind}.${notice.state}`,
    timestamp: new Date(notice.at).toISOString(),
    data: {
      kind: notice.kind,
      state: notice.state,
      severity: notice.severity,
      isAcknowledged: notice.isAcknowledged === true,
      title: notice.title,
      text: notice.text,
      facts: notice.facts.map(({ name, value }) => ({ name, value })),
      refs: notice.refs,
      thread: notice.thread,
      url: linkOf(deps, notice),
      ...(notice.parts === undefined ? {} : { parts: notice.parts.map((part) => ({ ...part })) }),
    },
  };
}

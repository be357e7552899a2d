import { channelKinds, type Channel, type ChannelKind, type ChannelShape } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import type { Notice } from '../notice.ts';
import { fault, type Secrets, type Send, type SendDeps, type SendResult } from './channel.ts';
import { sendEmail } from './email.ts';
import { sendWebhook } from './webhook.ts';

type Through = (deps: SendDeps, settings: JsonObject, secrets: Secrets, notice: Notice) => Promise<SendResult>;

/** Every kind of channel. A new one is a file beside this, an entry in the model, and a line here. */
const kinds: Partial<Readonly<Record<ChannelKind, Through>>> = {
  email: through(channelKinds.email, sendEmail),
  webhook: through(channelKinds.webhook, sendWebhook),
};

/** Sends one notice through a channel of whatever kind. Never throws for what a receiver does. */
export async function sendThrough(
  deps: SendDeps,
  channel: Pick<Channel, 'kind' | 'settings'>,
  secrets: Secrets,
  notice: Notice,
): Promise<SendResult> {
  const send = kinds[channel.kind];
  return send === undefined
    ? fault('unsupported', `This release does not send to channels of kind ${channel.kind}.`, 'never')
    : send(deps, channel.settings, secrets, notice);
}

/** Reads the stored settings by the kind's own schema, so that a channel of an older release is refused with a reason. */
function through<S>(shape: ChannelShape<S>, send: Send<S>): Through {
  return async (deps, raw, secrets, notice) => {
    const settings = shape.settings.safeParse(raw);
    if (!settings.success)
      return fault('bad_settings', 'The settings of the channel do not fit its kind any more; save it again.', 'never');
    return send(deps, settings.data, secrets, notice);
  };
}

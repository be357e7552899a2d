import { channelKinds, type Channel, type ChannelKind, type ChannelShape } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import type { Notice } from '../notice.ts';
import { fault, type Secrets, type Send, type SendDeps, type SendResult } from './channel.ts';
import { sendAlertmanager } from './alertmanager.ts';
import { sendApprise } from './apprise.ts';
import { sendDiscord } from './discord.ts';
import { sendEmail, sendWebpush } from './late.ts';
import { sendGooglechat } from './googlechat.ts';
import { sendGotify } from './gotify.ts';
import { sendMattermost } from './mattermost.ts';
import { sendNtfy } from './ntfy.ts';
import { sendOpsgenie } from './opsgenie.ts';
import { sendPagerduty } from './pagerduty.ts';
import { sendPushover } from './pushover.ts';
import { sendSlack } from './slack.ts';
import { sendTeams } from './teams.ts';
import { sendTelegram } from './telegram.ts';
import { sendTwilio } from './twilio.ts';
import { sendWebhook } from './webhook.ts';

type Through = (deps: SendDeps, settings: JsonObject, secrets: Secrets, notice: Notice) => Promise<SendResult>;

/** Every kind of channel. A new one is a file beside this, an entry in the model, and a line here. */
const kinds: Readonly<Record<ChannelKind, Through>> = {
  email: through(channelKinds.email, sendEmail),
  webpush: through(channelKinds.webpush, sendWebpush),
  webhook: through(channelKinds.webhook, sendWebhook),
  slack: through(channelKinds.slack, sendSlack),
  discord: through(channelKinds.discord, sendDiscord),
  teams: through(channelKinds.teams, sendTeams),
  googlechat: through(channelKinds.googlechat, sendGooglechat),
  mattermost: through(channelKinds.mattermost, sendMattermost),
  telegram: through(channelKinds.telegram, sendTelegram),
  ntfy: through(channelKinds.ntfy, sendNtfy),
  gotify: through(channelKinds.gotify, sendGotify),
  pushover: through(channelKinds.pushover, sendPushover),
  pagerduty: through(channelKinds.pagerduty, sendPagerduty),
  opsgenie: through(channelKinds.opsgenie, sendOpsgenie),
  twilio: through(channelKinds.twilio, sendTwilio),
  alertmanager: through(channelKinds.alertmanager, sendAlertmanager),
  apprise: through(channelKinds.apprise, sendApprise),
};

/** Sends one notice through a channel of whatever kind. Never throws for what a receiver does. */
export async function sendThrough(
  deps: SendDeps,
  channel: Pick<Channel, 'kind' | 'settings'>,
  secrets: Secrets,
  notice: Notice,
): Promise<SendResult> {
  return kinds[channel.kind](deps, channel.settings, secrets, notice);
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

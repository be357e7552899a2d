/** SMS by Twilio. A message costs money by its length, so it is short: the title, a little of the text, the link. */
import type { TwilioSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { parsed, post, strange } from '../post.ts';
import { fault, missing, plain, type Send } from './channel.ts';

export const sendTwilio: Send<TwilioSettings> = async (deps, settings, secrets, notice) => {
  const { authToken } = secrets;
  if (authToken === undefined) return missing('authToken');
  const to = notice.to === undefined ? settings.to : [notice.to];
  if (to.length === 0) return fault('no_recipient', 'The channel has no recipient; set "to".', 'never');
  const basic = Buffer.from(`${settings.accountSid}:${authToken}`).toString('base64');
  let status = 0;
  for (const number of to) {
    const form = new URLSearchParams({
      To: number,
      [settings.from.startsWith('MG') && settings.from.length === 34 ? 'MessagingServiceSid' : 'From']: settings.from,
      Body: plain(deps, notice, BODY_MAX),
    });
    const sent = await post(
      deps,
      {
        url: `${settings.base}/2010-04-01/Accounts/${settings.accountSid}/Messages.json`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${basic}` },
        body: form.toString(),
        hide: [authToken, basic, number],
      },
      ({ text }) => {
        const message = parsed(text)?.['message'];
        return typeof message === 'string' ? message : '';
      },
    );
    // Those before it have theirs; at the next attempt they get it again. At least once.
    if (!sent.ok) return sent;
    if (typeof parsed(sent.value.text)?.['sid'] !== 'string') return strange('a message');
    status = sent.value.status;
  }
  return ok({ status });
};

// Four segments of 153 characters; Twilio refuses more than 1600.
const BODY_MAX = 612;

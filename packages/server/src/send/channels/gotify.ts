/** Gotify. */
import type { BaseSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { clip } from '../notice.ts';
import { bodyLines, headline, linkOf, missing, urgency, type Send } from './channel.ts';

export const sendGotify: Send<BaseSettings> = async (deps, settings, secrets, notice) => {
  const { token } = secrets;
  if (token === undefined) return missing('token');
  const sent = await post(
    deps,
    {
      url: `${settings.base}/message`,
      ...json(
        {
          title: headline(notice, 250),
          message: clip(bodyLines(notice).join('\n') || notice.title, MESSAGE_MAX),
          priority: PRIORITY[urgency(notice)],
          extras: {
            'client::display': { contentType: 'text/plain' },
            'client::notification': { click: { url: linkOf(deps, notice) } },
          },
        },
        { 'x-gotify-key': token },
      ),
      hide: [token],
    },
    ({ text }) => {
      const error = parsed(text)?.['errorDescription'];
      return typeof error === 'string' ? error : '';
    },
  );
  if (!sent.ok) return sent;
  return typeof parsed(sent.value.text)?.['id'] === 'number' ? ok({ status: sent.value.status }) : strange('a message');
};

const MESSAGE_MAX = 8_000;
const PRIORITY = { low: 1, normal: 4, high: 7, urgent: 9 } as const;

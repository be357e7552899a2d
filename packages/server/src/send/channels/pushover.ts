/** Pushover. What is critical is an emergency there: repeated until somebody confirms. */
import type { PushoverSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { clip } from '../notice.ts';
import { bodyLines, headline, linkOf, missing, urgency, type Send } from './channel.ts';

export const sendPushover: Send<PushoverSettings> = async (deps, settings, secrets, notice) => {
  const { token, user } = secrets;
  if (token === undefined || user === undefined) return missing(token === undefined ? 'token' : 'user');
  const priority = PRIORITY[urgency(notice)];
  const link = linkOf(deps, notice);
  const sent = await post(
    deps,
    {
      url: `${settings.base}/1/messages.json`,
      ...json({
        token,
        user,
        title: headline(notice, 250),
        message: clip(bodyLines(notice).join('\n') || notice.title, 1_024),
        priority,
        timestamp: Math.floor(notice.at / 1_000),
        ...(link.length > 512 ? {} : { url: link, url_title: 'Open in Statewire' }),
        ...(settings.device === '' ? {} : { device: settings.device }),
        ...(priority === 2 ? { retry: settings.retrySec, expire: settings.expireSec } : {}),
      }),
      hide: [token, user],
    },
    ({ text }) => {
      const errors = parsed(text)?.['errors'];
      return Array.isArray(errors) ? errors.filter((error) => typeof error === 'string').join('; ') : '';
    },
  );
  if (!sent.ok) return sent;
  return parsed(sent.value.text)?.['status'] === 1 ? ok({ status: sent.value.status }) : strange('{"status":1}');
};

const PRIORITY = { low: -1, normal: 0, high: 1, urgent: 2 } as const;

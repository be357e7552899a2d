/** ntfy, by its JSON door: titles in headers would not carry every character. */
import type { NtfySettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { bodyLines, clipBytes, headline, linkOf, urgency, type Send } from './channel.ts';

export const sendNtfy: Send<NtfySettings> = async (deps, settings, secrets, notice) => {
  const { token } = secrets;
  const sent = await post(
    deps,
    {
      url: settings.base,
      ...json(
        {
          topic: settings.topic,
          title: clipBytes(headline(notice, 250), 250),
          // A message must say something; more than 4096 bytes would become a file.
          message: clipBytes(bodyLines(notice).join('\n') || notice.title, MESSAGE_BYTES_MAX),
          priority: PRIORITY[urgency(notice)],
          tags: [TAGS[notice.state]],
          click: linkOf(deps, notice),
        },
        token === undefined ? {} : { authorization: `Bearer ${token}` },
      ),
      hide: Object.values(secrets),
    },
    ({ text }) => {
      const error = parsed(text)?.['error'];
      return typeof error === 'string' ? error : '';
    },
  );
  if (!sent.ok) return sent;
  return typeof parsed(sent.value.text)?.['id'] === 'string' ? ok({ status: sent.value.status }) : strange('a message');
};

const MESSAGE_BYTES_MAX = 4_000;
const PRIORITY = { low: 2, normal: 3, high: 4, urgent: 5 } as const;
const TAGS = { firing: 'rotating_light', resolved: 'white_check_mark', info: 'information_source' } as const;

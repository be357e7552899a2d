/** Mattermost's (and Rocket.Chat's) incoming webhook. */
import type { MattermostSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { clipEscaped, colour, escapeMarkdown, headline, linkOf, missing, oneLine, type Send } from './channel.ts';

export const sendMattermost: Send<MattermostSettings> = async (deps, settings, secrets, notice) => {
  const { url } = secrets;
  if (url === undefined) return missing('url');
  const head = clipEscaped(headline(notice, 300), 300, escapeMarkdown);
  const sent = await post(
    deps,
    {
      url,
      ...json({
        ...(settings.channel === '' ? {} : { channel: settings.channel }),
        ...(settings.username === '' ? {} : { username: settings.username }),
        attachments: [
          {
            fallback: head,
            color: colour(notice),
            title: head,
            title_link: linkOf(deps, notice),
            text: clipEscaped(notice.text.trim(), TEXT_MAX, escapeMarkdown),
            fields: notice.facts.map(({ name, value }) => ({
              title: clipEscaped(oneLine(name), 60, escapeMarkdown),
              value: clipEscaped(oneLine(value), 300, escapeMarkdown),
              short: value.length <= 40,
            })),
          },
        ],
      }),
      hide: [url],
    },
    ({ text }) => {
      const message = parsed(text)?.['message'];
      return typeof message === 'string' ? message : '';
    },
  );
  if (!sent.ok) return sent;
  return sent.value.text?.trim() === 'ok' ? ok({ status: sent.value.status }) : strange('"ok"');
};

// 16383 characters for the whole message.
const TEXT_MAX = 6_000;

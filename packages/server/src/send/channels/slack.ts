/** Slack's incoming webhook. Text is plain text objects throughout: no mark-up of a notice means anything there. */
import type { NoSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, post, strange } from '../post.ts';
import { bodyLines, clipEscaped, colour, headline, linkOf, missing, type Send } from './channel.ts';

export const sendSlack: Send<NoSettings> = async (deps, _settings, secrets, notice) => {
  const { url } = secrets;
  if (url === undefined) return missing('url');
  const head = clipEscaped(headline(notice, 150), 150, escapeSlack);
  const body = bodyLines(notice).join('\n');
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: head, emoji: false } },
    ...(body === ''
      ? []
      : [
          {
            type: 'section',
            text: { type: 'plain_text', text: clipEscaped(body, TEXT_MAX, escapeSlack), emoji: false },
          },
        ]),
    {
      type: 'actions',
      elements: [
        { type: 'button', text: { type: 'plain_text', text: 'Open in Statewire' }, url: linkOf(deps, notice) },
      ],
    },
  ];
  const sent = await post(
    deps,
    {
      url,
      // The text beside the blocks is what a notification on a phone shows.
      ...json({
        text: clipEscaped(headline(notice, 300), 300, escapeSlack),
        attachments: [{ color: colour(notice), blocks }],
      }),
      hide: [url],
    },
    // `invalid_payload`, `channel_is_archived`: one word in the body.
    ({ text }) => (/^[a-z_]{1,64}$/.test(text?.trim() ?? '') ? (text ?? '') : ''),
  );
  if (!sent.ok) return sent;
  return sent.value.text?.trim() === 'ok' ? ok({ status: sent.value.status }) : strange('"ok"');
};

const TEXT_MAX = 3_000;

/** The three characters that make links and mentions of text. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

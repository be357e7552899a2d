/** A Telegram bot. The token is a part of the path, so nothing of the URL may ever be said. */
import type { TelegramSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, exchange, parsed, refusal, scrub, strange } from '../post.ts';
import { bodyLines, clipEscaped, fault, headline, linkOf, missing, plain, type Send } from './channel.ts';

export const sendTelegram: Send<TelegramSettings> = async (deps, settings, secrets, notice) => {
  const { token } = secrets;
  if (token === undefined) return missing('token');
  const link = linkOf(deps, notice);
  const isMarkdown = settings.format === 'markdown';
  const text = isMarkdown
    ? [
        `*${clipEscaped(headline(notice, 300), 600, escapeTelegram)}*`,
        clipEscaped(bodyLines(notice).join('\n'), TEXT_MAX - 800 - link.length, escapeTelegram),
        `[Open in Statewire](${link.replaceAll(/[\\)]/g, String.raw`\$&`)})`,
      ]
        .filter((part) => part !== '')
        .join('\n')
    : plain(deps, notice, TEXT_MAX);
  const sent = await exchange(deps, {
    url: `${settings.base}/bot${token}/sendMessage`,
    ...json({
      chat_id: settings.chatId,
      text,
      ...(isMarkdown ? { parse_mode: 'MarkdownV2' } : {}),
      ...(settings.threadId === null ? {} : { message_thread_id: settings.threadId }),
      link_preview_options: { is_disabled: true },
      // Good news wakes nobody.
      disable_notification: notice.state === 'resolved' || notice.severity === 'info',
    }),
    hide: [token],
  });
  if (!sent.ok) return sent;
  const { status } = sent.value;
  const answer = parsed(sent.value.text);
  if (status >= 200 && status < 300) return answer?.['ok'] === true ? ok({ status }) : strange('{"ok":true}');
  const said = typeof answer?.['description'] === 'string' ? scrub(answer['description'], [token]) : '';
  const parameters = answer?.['parameters'];
  const seconds =
    typeof parameters === 'object' && parameters !== null ? Reflect.get(parameters, 'retry_after') : undefined;
  if (status === 429 && typeof seconds === 'number' && seconds > 0) {
    // Telegram says in the body how long, not in a header.
    const waitMs = Math.min(seconds * 1_000, deps.limits.sendRetryAfterMsMax);
    return fault('rate_limited', 'The receiver limits the rate of notices (HTTP 429).', 'later', waitMs);
  }
  return refusal(deps, sent.value, said);
};

const TEXT_MAX = 4_096;

/** Every character that MarkdownV2 gives a meaning. */
export function escapeTelegram(text: string): string {
  return text.replaceAll(/[_*[\]()~`>#+\-=|{}.!\\]/g, String.raw`\$&`);
}

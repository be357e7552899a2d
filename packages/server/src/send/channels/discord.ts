/** Discord's webhook: one embed, and nobody is mentioned whatever the text says. */
import type { DiscordSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { clip } from '../notice.ts';
import { json, parsed, post } from '../post.ts';
import { clipEscaped, colour, escapeMarkdown, headline, linkOf, missing, oneLine, type Send } from './channel.ts';

export const sendDiscord: Send<DiscordSettings> = async (deps, settings, secrets, notice) => {
  const { url } = secrets;
  if (url === undefined) return missing('url');
  // 6000 characters for the whole embed: half for the text, the rest shared by the facts.
  const facts = notice.facts.slice(0, FACTS_MAX);
  const valueMax = Math.min(1_024, Math.floor(2_000 / Math.max(1, facts.length)));
  const embed = {
    title: clipEscaped(headline(notice, 256), 256, escapeMarkdown),
    url: linkOf(deps, notice),
    color: Number.parseInt(colour(notice).slice(1), 16),
    timestamp: new Date(notice.at).toISOString(),
    ...(notice.text.trim() === '' ? {} : { description: clipEscaped(notice.text.trim(), 2_800, escapeMarkdown) }),
    fields: facts.map(({ name, value }) => ({
      // Neither may be empty.
      name: clip(oneLine(name), 40) || '-',
      value: clipEscaped(value, valueMax, escapeMarkdown) || '-',
      inline: value.length <= 40,
    })),
  };
  const sent = await post(
    deps,
    {
      url,
      ...json({
        ...(settings.username === '' ? {} : { username: settings.username }),
        embeds: [embed],
        allowed_mentions: { parse: [] },
      }),
      hide: [url],
    },
    ({ text }) => {
      const message = parsed(text)?.['message'];
      return typeof message === 'string' ? message : '';
    },
  );
  return sent.ok ? ok({ status: sent.value.status }) : sent;
};

const FACTS_MAX = 20;

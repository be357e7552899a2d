/** Microsoft Teams: an adaptive card to a workflow that was started by "when a webhook request is received". */
import type { NoSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, post } from '../post.ts';
import { clipEscaped, escapeMarkdown, headline, linkOf, missing, oneLine, type Send } from './channel.ts';

export const sendTeams: Send<NoSettings> = async (deps, _settings, secrets, notice) => {
  const { url } = secrets;
  if (url === undefined) return missing('url');
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      {
        type: 'TextBlock',
        size: 'Medium',
        weight: 'Bolder',
        wrap: true,
        color:
          notice.state === 'resolved'
            ? 'Good'
            : notice.severity === 'critical' && notice.state === 'firing'
              ? 'Attention'
              : 'Default',
        text: clipEscaped(headline(notice, 300), 300, escapeMarkdown),
      },
      ...(notice.text.trim() === ''
        ? []
        : [
            {
              type: 'TextBlock',
              wrap: true,
              text: clipEscaped(notice.text.trim(), TEXT_MAX, escapeMarkdown).replaceAll('\n', '\n\n'),
            },
          ]),
      ...(notice.facts.length === 0
        ? []
        : [
            {
              type: 'FactSet',
              facts: notice.facts.map(({ name, value }) => ({
                title: clipEscaped(oneLine(name), 60, escapeMarkdown),
                value: clipEscaped(oneLine(value), 300, escapeMarkdown),
              })),
            },
          ]),
    ],
    actions: [{ type: 'Action.OpenUrl', title: 'Open in Statewire', url: linkOf(deps, notice) }],
  };
  const sent = await post(deps, {
    url,
    ...json({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
    }),
    hide: [url],
  });
  return sent.ok ? ok({ status: sent.value.status }) : sent;
};

// The whole message may have 28 KiB; escapes and line breaks double at worst.
const TEXT_MAX = 6_000;

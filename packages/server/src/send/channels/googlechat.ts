/** Google Chat's webhook of a space: a card, in the thread of what it is about. */
import type { NoSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { clip } from '../notice.ts';
import { json, parsed, post, strange } from '../post.ts';
import { clipEscaped, escapeHtml, fault, headline, linkOf, missing, oneLine, type Send } from './channel.ts';

export const sendGooglechat: Send<NoSettings> = async (deps, _settings, secrets, notice) => {
  const { url } = secrets;
  if (url === undefined) return missing('url');
  const target = URL.parse(url);
  if (target === null) return fault('bad_url', 'The URL of the channel is not an http or https URL.', 'never');
  target.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
  const widgets = [
    ...(notice.text.trim() === ''
      ? []
      : [{ textParagraph: { text: clipEscaped(notice.text.trim(), TEXT_MAX, escapeHtml).replaceAll('\n', '<br>') } }]),
    ...notice.facts.map(({ name, value }) => ({
      decoratedText: {
        topLabel: clip(oneLine(name), 60),
        text: clipEscaped(oneLine(value), 300, escapeHtml),
        wrapText: true,
      },
    })),
    { buttonList: { buttons: [{ text: 'Open in Statewire', onClick: { openLink: { url: linkOf(deps, notice) } } }] } },
  ];
  const sent = await post(
    deps,
    {
      url: target.href,
      ...json({
        cardsV2: [{ cardId: 'notice', card: { header: { title: headline(notice, 200) }, sections: [{ widgets }] } }],
        // What a notification shows, where no card can be.
        fallbackText: headline(notice, 200),
        thread: { threadKey: clip(notice.thread, 200) },
      }),
      // The key and the token stand in the query.
      hide: [url, target.href, ...target.searchParams.values()],
    },
    ({ text }) => {
      const error = parsed(text)?.['error'];
      const status = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : undefined;
      return typeof status === 'string' ? status : '';
    },
  );
  if (!sent.ok) return sent;
  return typeof parsed(sent.value.text)?.['name'] === 'string'
    ? ok({ status: sent.value.status })
    : strange('a message');
};

const TEXT_MAX = 8_000;

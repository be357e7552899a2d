/** Chat rooms as they document their webhooks: limits, fields, answers. */
import { z } from 'zod';
import { must, type Provider } from './receiver.ts';
import {
  bodyOf,
  iso,
  jsonAnswer,
  posted,
  readHtml,
  readMarkdown,
  readSlackText,
  text,
  tooMany,
  url,
} from './shapes.ts';

const plainText = (max: number): z.ZodType<{ text: string }> =>
  z.strictObject({ type: z.literal('plain_text'), text: text(max), emoji: z.boolean().optional() });

const slackMessage = z.strictObject({
  text: text(40_000),
  attachments: z
    .array(
      z.strictObject({
        color: z.string().regex(/^#[0-9a-f]{6}$/),
        blocks: z
          .array(
            z.discriminatedUnion('type', [
              z.strictObject({ type: z.literal('header'), text: plainText(150) }),
              z.strictObject({ type: z.literal('section'), text: plainText(3_000) }),
              z.strictObject({
                type: z.literal('actions'),
                elements: z
                  .array(z.strictObject({ type: z.literal('button'), text: plainText(75), url: z.url().max(3_000) }))
                  .max(25),
              }),
            ]),
          )
          .max(50),
      }),
    )
    .length(1),
});

export const slack: Provider = {
  read(incoming) {
    posted(incoming, '/services/T0/B0/secret-of-slack');
    const message = bodyOf(incoming, slackMessage);
    readSlackText(message.text);
    const blocks = message.attachments[0]?.blocks ?? [];
    const of = (type: string): string =>
      blocks
        .filter((block) => block.type === type)
        .map((block) => ('text' in block ? readSlackText(block.text.text) : ''))
        .join('\n');
    return { title: of('header'), text: of('section') };
  },
  accepts: () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: 'ok' }),
  refuses: (status, why) => ({ status, body: why }),
  limits: (seconds) => tooMany(seconds, 'rate_limited'),
};

const embed = z.strictObject({
  title: text(256),
  url,
  color: z.int().min(0).max(0xffffff),
  timestamp: iso,
  description: text(4_096).optional(),
  fields: z.array(z.strictObject({ name: text(256), value: text(1_024), inline: z.boolean() })).max(25),
});
const discordMessage = z.strictObject({
  username: text(80).optional(),
  embeds: z.array(embed).min(1).max(10),
  allowed_mentions: z.strictObject({ parse: z.array(z.string()).length(0) }),
});

export const discord: Provider = {
  read(incoming) {
    posted(incoming, '/api/webhooks/1/secret-of-discord');
    const { embeds } = bodyOf(incoming, discordMessage);
    const [first] = embeds;
    const all = [
      first?.title,
      first?.description,
      ...(first?.fields ?? []).flatMap(({ name, value }) => [name, value]),
    ];
    must(all.join('').length <= 6_000, `an embed of ${all.join('').length} characters`);
    const facts = (first?.fields ?? []).map(({ name, value }) => `${name}: ${readMarkdown(value)}`);
    const words = first?.description === undefined ? [] : [readMarkdown(first.description)];
    return { title: readMarkdown(first?.title ?? ''), text: [...words, ...facts].join('\n') };
  },
  accepts: () => ({ status: 204 }),
  refuses: (status, why) => jsonAnswer(status, { message: why, code: 50_035 }),
  limits: (seconds) =>
    jsonAnswer(
      429,
      { message: 'You are being rate limited.', retry_after: seconds, global: false },
      { 'retry-after': String(seconds) },
    ),
};

const teamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.4'),
          msteams: z.strictObject({ width: z.literal('Full') }),
          body: z.array(
            z.discriminatedUnion('type', [
              z.strictObject({
                type: z.literal('TextBlock'),
                text: z.string().min(1),
                wrap: z.boolean(),
                size: z.string().optional(),
                weight: z.string().optional(),
                color: z.enum(['Default', 'Good', 'Attention', 'Warning']).optional(),
              }),
              z.strictObject({
                type: z.literal('FactSet'),
                facts: z.array(z.strictObject({ title: z.string(), value: z.string() })).min(1),
              }),
            ]),
          ),
          actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url })),
        }),
      }),
    )
    .length(1),
});

export const teams: Provider = {
  read(incoming) {
    posted(incoming, '/workflows/secret-of-teams?sig=secret-signature');
    must(incoming.body.length <= 28_672, `a message of ${incoming.body.length} bytes`);
    const body = bodyOf(incoming, teamsMessage).attachments[0]?.content.body ?? [];
    const [title = '', ...words] = body.flatMap((block) =>
      block.type === 'TextBlock' ? [readMarkdown(block.text)] : [],
    );
    const facts = body.flatMap((block) =>
      block.type === 'FactSet'
        ? block.facts.map((fact) => `${readMarkdown(fact.title)}: ${readMarkdown(fact.value)}`)
        : [],
    );
    return { title, text: [...words.map((word) => word.replaceAll('\n\n', '\n')), ...facts].join('\n') };
  },
  accepts: () => ({ status: 202 }),
  refuses: (status, why) => jsonAnswer(status, { error: { code: 'WorkflowTriggerIsNotEnabled', message: why } }),
  limits: (seconds) => tooMany(seconds),
};

const chatMessage = z.strictObject({
  cardsV2: z
    .array(
      z.strictObject({
        cardId: z.string(),
        card: z.strictObject({
          header: z.strictObject({ title: text(200) }),
          sections: z.array(
            z.strictObject({
              widgets: z
                .array(
                  z.union([
                    z.strictObject({ textParagraph: z.strictObject({ text: z.string().min(1) }) }),
                    z.strictObject({
                      decoratedText: z.strictObject({ topLabel: z.string(), text: z.string(), wrapText: z.boolean() }),
                    }),
                    z.strictObject({
                      buttonList: z.strictObject({
                        buttons: z.array(
                          z.strictObject({
                            text: z.string(),
                            onClick: z.strictObject({ openLink: z.strictObject({ url }) }),
                          }),
                        ),
                      }),
                    }),
                  ]),
                )
                .max(100),
            }),
          ),
        }),
      }),
    )
    .length(1),
  fallbackText: z.string().optional(),
  thread: z.strictObject({ threadKey: text(4_000) }),
});

export const googlechat: Provider = {
  read(incoming) {
    posted(incoming, /^\/v1\/spaces\/AAA\/messages\?/);
    const query = new URL(incoming.path, 'http://chat').searchParams;
    must(query.get('key') === 'secret-key' && query.get('token') === 'secret-of-googlechat', 'no key or token');
    must(
      query.get('messageReplyOption') === 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD',
      'a thread key without a reply option',
    );
    must(incoming.body.length <= 32_000, `a message of ${incoming.body.length} bytes`);
    const message = bodyOf(incoming, chatMessage);
    const card = message.cardsV2[0]?.card;
    const lines = (card?.sections ?? []).flatMap(({ widgets }) =>
      widgets.flatMap((widget) => {
        if ('textParagraph' in widget) return [readHtml(widget.textParagraph.text)];
        return 'decoratedText' in widget
          ? [`${widget.decoratedText.topLabel}: ${readHtml(widget.decoratedText.text)}`]
          : [];
      }),
    );
    return { title: card?.header.title ?? '', text: lines.join('\n'), thread: message.thread.threadKey };
  },
  accepts: () => jsonAnswer(200, { name: 'spaces/AAA/messages/BBB', thread: { name: 'spaces/AAA/threads/C' } }),
  refuses: (status, why) => jsonAnswer(status, { error: { code: status, message: why, status: 'INVALID_ARGUMENT' } }),
  limits: (seconds) => tooMany(seconds),
};

const mattermostMessage = z.strictObject({
  channel: text(64).optional(),
  username: text(64).optional(),
  attachments: z
    .array(
      z.strictObject({
        fallback: z.string(),
        color: z.string().regex(/^#[0-9a-f]{6}$/),
        title: z.string(),
        title_link: url,
        text: z.string(),
        fields: z.array(z.strictObject({ title: z.string(), value: z.string(), short: z.boolean() })),
      }),
    )
    .length(1),
});

export const mattermost: Provider = {
  read(incoming) {
    posted(incoming, '/hooks/secret-of-mattermost');
    must(incoming.body.length <= 16_383 * 4, 'too many bytes');
    const [first] = bodyOf(incoming, mattermostMessage).attachments;
    const facts = (first?.fields ?? []).map(({ title, value }) => `${readMarkdown(title)}: ${readMarkdown(value)}`);
    const words = readMarkdown(first?.text ?? '');
    return { title: readMarkdown(first?.title ?? ''), text: [...(words === '' ? [] : [words]), ...facts].join('\n') };
  },
  accepts: () => ({ status: 200, body: 'ok' }),
  refuses: (status, why) => jsonAnswer(status, { id: 'web.incoming_webhook', message: why, status_code: status }),
  limits: (seconds) => tooMany(seconds),
};

const telegramMessage = z.strictObject({
  chat_id: z.string(),
  text: text(4_096),
  parse_mode: z.literal('MarkdownV2').optional(),
  message_thread_id: z.int().optional(),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
  disable_notification: z.boolean(),
});

export const telegram: Provider = {
  read(incoming) {
    posted(incoming, '/bot123456:secret-of-telegram/sendMessage');
    const message = bodyOf(incoming, telegramMessage);
    if (message.parse_mode === undefined) {
      const [title = '', ...lines] = message.text.split('\n');
      return { title, text: lines.slice(0, -1).join('\n') };
    }
    const whole = /^\*((?:\\.|[^\\*])*)\*(?:\n([\s\S]*))?\n\[Open in Statewire\]\((.*)\)$/u.exec(message.text);
    must(whole !== null, `Bad Request: can't parse entities in ${JSON.stringify(message.text.slice(0, 120))}`);
    return { title: entities(whole?.[1] ?? ''), text: entities(whole?.[2] ?? '') };
  },
  accepts: () => jsonAnswer(200, { ok: true, result: { message_id: 1 } }),
  refuses: (status, why) => jsonAnswer(status, { ok: false, error_code: status, description: why }),
  limits: (seconds) =>
    jsonAnswer(429, {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests',
      parameters: { retry_after: seconds },
    }),
};

/** MarkdownV2: each of these must be escaped outside of entities. */
function entities(text: string): string {
  const bare = text.replaceAll(/\\[_*[\]()~`>#+\-=|{}.!\\]/g, '');
  must(
    !/[_*[\]()~`>#+\-=|{}.!\\]/.test(bare),
    `Bad Request: character must be escaped in ${JSON.stringify(bare.slice(0, 80))}`,
  );
  return text.replaceAll(/\\(.)/gu, '$1');
}

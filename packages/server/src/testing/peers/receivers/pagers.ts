/** Push services and pagers as they document their APIs. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { must, wrong, type Provider } from './receiver.ts';
import { bodyOf, iso, jsonAnswer, posted, text, tooMany, url } from './shapes.ts';

export const WEBHOOK_SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

const part = z.strictObject({
  title: z.string(),
  state: z.enum(['firing', 'resolved', 'info']),
  severity: z.enum(['critical', 'warning', 'info']),
  thread: z.string(),
  refs: z.array(z.string()),
  at: z.number(),
});
const webhookBody = z.strictObject({
  type: z.string().regex(/^[a-z]+\.(firing|resolved|info)$/),
  timestamp: iso,
  data: z.strictObject({
    kind: z.string(),
    state: z.enum(['firing', 'resolved', 'info']),
    severity: z.enum(['critical', 'warning', 'info']),
    isAcknowledged: z.boolean(),
    title: z.string(),
    text: z.string(),
    facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    refs: z.array(z.string()),
    thread: z.string(),
    url,
    parts: z.array(part).optional(),
  }),
});

/** Verifies as a customer would: with the published library. */
export const webhook: Provider = {
  read(incoming) {
    posted(incoming, '/hook?tenant=7');
    must(incoming.headers['authorization'] === 'Bearer secret-of-webhook', 'no authorization');
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    new Webhook(WEBHOOK_SECRET).verify(incoming.body.toString('utf8'), headers);
    const { data } = bodyOf(incoming, webhookBody);
    const facts = data.facts.map(({ name, value }) => `${name}: ${value}`);
    const words = data.text.trim() === '' ? [] : [data.text.trim()];
    return { title: data.title, text: [...words, ...facts].join('\n'), state: data.state, thread: data.thread };
  },
  accepts: () => ({ status: 204 }),
  refuses: (status, why) => ({ status, body: why }),
  limits: (seconds) => tooMany(seconds),
};

const ntfyMessage = z.strictObject({
  topic: z.literal('alerts'),
  title: z.string().refine((title) => Buffer.byteLength(title) <= 250),
  message: z
    .string()
    .min(1)
    .refine((message) => Buffer.byteLength(message) <= 4_096, 'becomes an attachment'),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
  click: url,
});

export const ntfy: Provider = {
  read(incoming) {
    posted(incoming, '/');
    must(incoming.headers['authorization'] === 'Bearer secret-of-ntfy', 'no token');
    const message = bodyOf(incoming, ntfyMessage);
    return { title: message.title, text: message.message, state: `${message.priority} ${message.tags.join()}` };
  },
  accepts: () => jsonAnswer(200, { id: 'sPs71M8A2T', time: 1, event: 'message', topic: 'alerts' }),
  refuses: (status, why) => jsonAnswer(status, { code: status * 100, http: status, error: why }),
  limits: (seconds) => tooMany(seconds, JSON.stringify({ code: 42_901, http: 429, error: 'limit reached' })),
};

const gotifyMessage = z.strictObject({
  title: z.string(),
  message: z.string().min(1),
  priority: z.int().min(0).max(10),
  extras: z.record(z.string().regex(/^[a-z]+::[a-z]+$/), z.unknown()),
});

export const gotify: Provider = {
  read(incoming) {
    posted(incoming, '/message');
    must(incoming.headers['x-gotify-key'] === 'secret-of-gotify', 'no token');
    const message = bodyOf(incoming, gotifyMessage);
    return { title: message.title, text: message.message, state: String(message.priority) };
  },
  accepts: () => jsonAnswer(200, { id: 25, appid: 5, message: '', date: '2026-01-01T00:00:00Z' }),
  refuses: (status, why) => jsonAnswer(status, { error: 'Unauthorized', errorCode: status, errorDescription: why }),
  limits: (seconds) => tooMany(seconds),
};

const pushoverMessage = z
  .strictObject({
    token: z.literal('secret-token-of-pushover'),
    user: z.literal('secret-user-of-pushover'),
    title: z.string().max(250),
    message: text(1_024),
    priority: z.int().min(-2).max(2),
    timestamp: z.int(),
    url: z.string().max(512).optional(),
    url_title: z.string().max(100).optional(),
    device: z.string().max(25).optional(),
    retry: z.int().min(30).optional(),
    expire: z.int().max(10_800).optional(),
  })
  .refine(
    ({ priority, retry, expire }) => priority !== 2 || (retry !== undefined && expire !== undefined),
    'an emergency needs retry and expire',
  );

export const pushover: Provider = {
  read(incoming) {
    posted(incoming, '/1/messages.json');
    const message = bodyOf(incoming, pushoverMessage);
    return { title: message.title, text: message.message, state: String(message.priority) };
  },
  accepts: () => jsonAnswer(200, { status: 1, request: '647d2300' }),
  refuses: (status, why) => jsonAnswer(status, { status: 0, request: '647d2300', errors: [why] }),
  limits: (seconds) => tooMany(seconds),
};

const payload = {
  summary: text(1_024),
  source: text(255),
  timestamp: iso,
  custom_details: z.record(z.string(), z.string()),
};
const links = z.array(z.strictObject({ href: url, text: z.string() }));
const pagerdutyEvent = z.strictObject({
  routing_key: z.literal('secret-of-pagerduty'),
  event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
  dedup_key: text(255),
  payload: z.strictObject({ ...payload, severity: z.enum(['critical', 'error', 'warning', 'info']) }),
  links,
  client: z.string(),
  client_url: url,
});
const pagerdutyChange = z.strictObject({
  routing_key: z.literal('secret-of-pagerduty'),
  payload: z.strictObject(payload),
  links,
});

export const pagerduty: Provider = {
  read(incoming) {
    must(incoming.body.length <= 524_288, 'more than 512 KB');
    if (incoming.path === '/v2/change/enqueue') {
      const change = bodyOf(incoming, pagerdutyChange);
      return { title: change.payload.summary, text: detailsOf(change.payload.custom_details), state: 'change' };
    }
    posted(incoming, '/v2/enqueue');
    const event = bodyOf(incoming, pagerdutyEvent);
    return {
      title: event.payload.summary,
      text: detailsOf(event.payload.custom_details),
      state: event.event_action,
      thread: event.dedup_key,
    };
  },
  accepts: () => jsonAnswer(202, { status: 'success', message: 'Event processed', dedup_key: 'k' }),
  refuses: (status, why) =>
    jsonAnswer(status, { status: 'invalid event', message: 'Event object is invalid', errors: [why] }),
  limits: (seconds) => tooMany(seconds),
};

function detailsOf({ text: words, ...facts }: Readonly<Record<string, string>>): string {
  return [
    ...(words === undefined ? [] : [words]),
    ...Object.entries(facts).map(([name, value]) => `${name}: ${value}`),
  ].join('\n');
}

const opsgenieAlert = z.strictObject({
  message: text(130),
  alias: text(512),
  description: z.string().max(15_000),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
  source: z.string().max(100),
  entity: z.string().max(512),
  details: z.record(z.string(), z.string()),
});
const opsgenieNote = z.strictObject({ note: z.string().max(25_000), source: z.string().max(100) });

export const opsgenie: Provider = {
  read(incoming) {
    must(incoming.headers['authorization'] === 'GenieKey secret-of-opsgenie', 'no key');
    const by = /^\/v2\/alerts\/([^/]+)\/(close|acknowledge)\?identifierType=alias$/.exec(incoming.path);
    if (by !== null) {
      const [title = '', ...lines] = bodyOf(incoming, opsgenieNote).note.split('\n');
      return { title, text: lines.join('\n'), state: by[2], thread: decodeURIComponent(by[1] ?? '') };
    }
    posted(incoming, '/v2/alerts');
    const alert = bodyOf(incoming, opsgenieAlert);
    const lines = alert.description.split('\n');
    return { title: alert.message, text: lines.slice(0, -1).join('\n'), state: alert.priority, thread: alert.alias };
  },
  accepts: () => jsonAnswer(202, { result: 'Request will be processed', took: 0.1, requestId: '43a29c5c' }),
  refuses: (status, why) => jsonAnswer(status, { message: why, took: 0.1, requestId: '43a29c5c' }),
  limits: (seconds) =>
    tooMany(seconds, JSON.stringify({ message: 'You are making too many requests!', took: 0, requestId: 'r' })),
};

export const SID = `AC${'0'.repeat(32)}`;

export const twilio: Provider = {
  read(incoming) {
    posted(incoming, `/2010-04-01/Accounts/${SID}/Messages.json`);
    must(incoming.headers['content-type'] === 'application/x-www-form-urlencoded', 'no form');
    const basic = Buffer.from(`${SID}:secret-of-twilio`).toString('base64');
    must(incoming.headers['authorization'] === `Basic ${basic}`, 'no credentials');
    const form = new URLSearchParams(incoming.body.toString('utf8'));
    must([...form.keys()].sort().join() === 'Body,From,To', `fields ${[...form.keys()].join()}`);
    must(/^\+[1-9]\d{6,14}$/.test(form.get('To') ?? ''), 'no number');
    const body = form.get('Body') ?? '';
    must(body.length > 0 && body.length <= 1_600, `a body of ${body.length} characters`);
    const [title = '', ...lines] = body.split('\n');
    return { title, text: lines.slice(0, -1).join('\n') };
  },
  accepts: () => jsonAnswer(201, { sid: `SM${'1'.repeat(32)}`, status: 'queued' }),
  refuses: (status, why) => jsonAnswer(status, { code: 21_211, message: why, more_info: '', status }),
  limits: (seconds) => tooMany(seconds),
};

const postableAlerts = z.array(
  z.strictObject({
    labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1)),
    annotations: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()),
    startsAt: iso.optional(),
    endsAt: iso.optional(),
    generatorURL: url,
  }),
);

export const alertmanager: Provider = {
  read(incoming) {
    posted(incoming, '/api/v2/alerts');
    must(incoming.headers['authorization'] === 'Bearer secret-of-alertmanager', 'no token');
    const [alert, ...more] = bodyOf(incoming, postableAlerts);
    if (alert === undefined || more.length > 0) return wrong('expected one alert');
    must(alert.labels['alertname'] !== undefined, 'no alertname');
    must(
      alert.startsAt === undefined || alert.endsAt === undefined || alert.startsAt < alert.endsAt,
      'start must be before end',
    );
    return {
      title: alert.annotations['summary'] ?? '',
      text: alert.annotations['description'] ?? '',
      state: alert.startsAt === undefined ? 'resolved' : 'firing',
      // What it knows an alert by: all labels, in order.
      thread: Object.entries(alert.labels)
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join(),
    };
  },
  accepts: () => ({ status: 200 }),
  refuses: (status, why) => jsonAnswer(status, { code: status, message: why }),
  limits: (seconds) => tooMany(seconds),
};

const appriseNotice = z.strictObject({
  urls: z.literal('json://secret-of-apprise').optional(),
  tag: z.string().optional(),
  title: z.string().max(250),
  body: z.string().min(1).max(32_768),
  type: z.enum(['info', 'success', 'warning', 'failure']),
  format: z.enum(['text', 'markdown', 'html']),
});

export const apprise: Provider = {
  read(incoming) {
    posted(incoming, /^\/notify(\/team)?$/);
    const notice = bodyOf(incoming, appriseNotice);
    must(incoming.path === '/notify/team' || notice.urls !== undefined, 'no URLs');
    const lines = notice.body.split('\n');
    return { title: notice.title, text: lines.slice(0, -1).join('\n'), state: notice.type };
  },
  accepts: () => jsonAnswer(200, { error: null, details: [] }),
  refuses: (status, why) => jsonAnswer(status, { error: why, details: [] }),
  limits: (seconds) => tooMany(seconds),
};

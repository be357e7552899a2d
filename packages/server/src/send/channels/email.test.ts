import { readChannelSettings } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import { createEgress } from '../../collect/egress/egress.ts';
import { limits } from '../../lib/limits.ts';
import { MailServer, openStranger, type MailServerOptions } from '../../testing/peers/receivers/mail-server.ts';
import type { Notice } from '../notice.ts';
import { alert, depsOf, recovery } from './channel.contract.ts';
import type { SendDeps, SendResult } from './channel.ts';
import { sendThrough } from './index.ts';

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const trusting = (): SendDeps => depsOf({ egress: createEgress({ mode: 'any', allow: [], ca: [MailServer.ca] }) });
const LOGIN = { user: 'status', password: 'secret-of-smtp' };

async function open(options: MailServerOptions = {}): Promise<MailServer> {
  const server = await MailServer.open(options);
  endings.push(() => server.close());
  return server;
}

async function send(
  port: number,
  more: JsonObject = {},
  notice: Notice = alert,
  deps = trusting(),
): Promise<SendResult> {
  const settings = readChannelSettings('email', {
    host: '127.0.0.1',
    port,
    from: 'Status <status@example.org>',
    to: ['ops@example.org', 'ann@example.org'],
    ...more,
  });
  if (!settings.ok) throw new Error(settings.message);
  return sendThrough(deps, { kind: 'email', settings: settings.value }, { password: LOGIN.password }, notice);
}

/** Undoes folding, quoted-printable and base64, as far as these tests look. */
function bodyOf(raw: string, type: string): string {
  const boundary = /boundary="([^"]+)"/.exec(raw)?.[1] ?? '';
  const part = raw.split(`--${boundary}`).find((each) => each.includes(`Content-Type: ${type}`)) ?? '';
  const [head = '', ...rest] = part.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n').trim();
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return /quoted-printable/i.test(head) ? Buffer.from(bytes, 'latin1').toString('utf8') : body;
}

function header(raw: string, name: string): string {
  const head = raw.split('\r\n\r\n', 1)[0]?.replaceAll(/\r\n[ \t]+/g, ' ') ?? '';
  return new RegExp(`^${name}: (.*)$`, 'mi').exec(head)?.[1] ?? '';
}

test('[SN17] a mail goes out after STARTTLS and sign-in, with text and HTML, to all recipients', async () => {
  const server = await open({ login: LOGIN });
  expect(await send(server.port, { user: LOGIN.user })).toMatchObject({ ok: true });
  const [mail] = server.mails;
  expect(mail).toMatchObject({
    isSecure: true,
    user: 'status',
    from: 'status@example.org',
    to: ['ops@example.org', 'ann@example.org'],
  });
  const raw = mail?.raw ?? '';
  expect(header(raw, 'Subject')).toBe('[CRITICAL] Shop is down');
  expect(header(raw, 'Auto-Submitted')).toBe('auto-generated');
  expect(bodyOf(raw, 'text/plain')).toContain('Service: shop');
  expect(bodyOf(raw, 'text/plain')).toContain('https://status.example.org/#/alerts/a1');
  expect(bodyOf(raw, 'text/html')).toContain('Open in Statewire');
});

test('[SN17] TLS from the first byte, and none inside the own network when that was set', async () => {
  const tls = await open({ tls: 'tls', login: LOGIN });
  expect(await send(tls.port, { tls: 'tls', user: LOGIN.user })).toMatchObject({ ok: true });
  expect(tls.mails[0]).toMatchObject({ isSecure: true });
  const none = await open({ tls: 'none' });
  expect(await send(none.port, { tls: 'none' })).toMatchObject({ ok: true });
  expect(none.mails[0]).toMatchObject({ isSecure: false });
});

test('[SN14, SN17] a server without STARTTLS, or with a certificate nobody trusts, is told nothing', async () => {
  const open1 = await open({ tls: 'none', login: LOGIN });
  expect(await send(open1.port, { user: LOGIN.user })).toMatchObject({ ok: false, code: 'tls_failed', retry: 'later' });
  const strange = await open({ login: LOGIN });
  const sent = await send(strange.port, { user: LOGIN.user }, alert, depsOf());
  expect(sent).toMatchObject({ ok: false, code: 'tls_failed' });
  expect([...open1.mails, ...strange.mails]).toEqual([]);
});

test('[SN14] without TLS nothing goes to the open internet', async () => {
  const egress = createEgress({ mode: 'any', allow: [], lookup: async () => ['93.184.216.34'] });
  const connect: typeof egress.connect = () => Promise.reject(new Error('it connected'));
  const sent = await send(25, { tls: 'none', host: 'mail.example' }, alert, depsOf({ egress: { ...egress, connect } }));
  expect(sent).toMatchObject({ ok: false, code: 'plaintext', retry: 'never' });
});

test('[SN5, SN17] a wrong password is final and appears nowhere', async () => {
  const server = await open({ login: { user: 'status', password: 'another' } });
  const sent = await send(server.port, { user: 'status' });
  expect(sent).toMatchObject({ ok: false, code: 'auth', retry: 'never' });
  expect(JSON.stringify(sent)).not.toContain(LOGIN.password);
});

test.each([
  [550, 'refused_by_receiver', 'never'],
  [451, 'smtp_4xx', 'later'],
  [421, 'smtp_4xx', 'later'],
])('[SN5, SN17] an answer of %i to the recipient: %s, %s', async (code, found, retry) => {
  const server = await open({ refuses: { code, text: 'no such user here' } });
  const sent = await send(server.port);
  expect(sent).toMatchObject({ ok: false, code: found, retry });
  expect(JSON.stringify(sent)).toContain('no such user here');
});

test('[SN12] nobody there; one that says nothing; one that is no mail server; one that never stops', async () => {
  const gone = await open();
  const { port } = gone;
  await endings.pop()?.();
  expect(await send(port)).toMatchObject({ ok: false, code: 'refused', retry: 'later' });
  const deps = { ...trusting(), limits: { ...limits, sendTimeoutMs: 200 } };
  for (const [says, code] of [
    [null, 'timeout'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'bad_answer'],
    ['x'.repeat(4_000_000), 'any'],
  ] as const) {
    const stranger = await openStranger(says);
    endings.push(() => stranger.close());
    expect(await send(stranger.port, {}, alert, deps)).toMatchObject({
      ok: false,
      code: code === 'any' ? expect.any(String) : code,
      retry: 'later',
    });
  }
});

test('[SN12] a sending under way ends when the server stops', async () => {
  const stranger = await openStranger(null);
  endings.push(() => stranger.close());
  const stop = new AbortController();
  const sending = send(stranger.port, {}, alert, { ...trusting(), signal: stop.signal });
  stop.abort();
  expect(await sending).toMatchObject({ ok: false, code: 'aborted', retry: 'later' });
});

test('[SN17] an alert and its recovery are one thread, each mail has one id for ever', async () => {
  const server = await open();
  await send(server.port);
  await send(server.port);
  await send(server.port, {}, recovery);
  const [first, again, last] = server.mails.map(({ raw }) => raw);
  expect(header(first ?? '', 'Message-ID')).toMatch(/^<dlv_[\w-]+@status\.example\.org>$/);
  expect(header(again ?? '', 'Message-ID')).toBe(header(first ?? '', 'Message-ID'));
  expect(header(last ?? '', 'Message-ID')).not.toBe(header(first ?? '', 'Message-ID'));
  expect(header(first ?? '', 'References')).toMatch(/^<thread-[0-9a-f]{32}@/);
  expect(header(last ?? '', 'References')).toBe(header(first ?? '', 'References'));
  expect(header(last ?? '', 'Subject')).toContain('[RESOLVED]');
});

test('[SN17] a subscriber gets the mail alone, and leaves with one click', async () => {
  const server = await open();
  const unsubscribe = 'https://status.example.org/leave?t=abc';
  expect(await send(server.port, {}, { ...alert, to: 'one@example.net', unsubscribe })).toMatchObject({ ok: true });
  const [mail] = server.mails;
  expect(mail?.to).toEqual(['one@example.net']);
  expect(header(mail?.raw ?? '', 'List-Unsubscribe')).toBe(`<${unsubscribe}>`);
  expect(header(mail?.raw ?? '', 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
  expect(bodyOf(mail?.raw ?? '', 'text/plain')).toContain(unsubscribe);
});

test('[SN13] what is in a notice can neither add headers nor tags', async () => {
  const server = await open();
  const notice: Notice = {
    ...alert,
    title: 'Down\r\nBcc: victim@example.org\r\n\r\n<img src=x onerror=alert(1)>',
    text: '<script>alert("1")</script> & more\n.\r\n.\r\nQUIT',
    thread: 'a\r\nX-Evil: 1',
  };
  expect(await send(server.port, {}, notice)).toMatchObject({ ok: true });
  const [mail] = server.mails;
  const raw = mail?.raw ?? '';
  expect(mail?.to).toHaveLength(2);
  expect(header(raw, 'Bcc')).toBe('');
  expect(header(raw, 'X-Evil')).toBe('');
  expect(bodyOf(raw, 'text/plain')).toContain('QUIT');
  const html = bodyOf(raw, 'text/html');
  expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more');
  expect(html).not.toMatch(/<script|<img/);
});

test('[SN13] a very long mail arrives whole, also as far as SMTP counts lines', async () => {
  const server = await open();
  const text = 'ü🔥<&'.repeat(4_000);
  expect(await send(server.port, {}, { ...alert, title: 'T'.repeat(500), text })).toMatchObject({ ok: true });
  const raw = server.mails[0]?.raw ?? '';
  expect(bodyOf(raw, 'text/plain')).toContain(text.slice(0, 16_000));
  expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  expect(header(raw, 'Subject').length).toBeLessThanOrEqual(400);
});

test('[SN12] a channel without a recipient says so', async () => {
  expect(await send(25, { to: [] })).toMatchObject({ ok: false, code: 'no_recipient', retry: 'never' });
});

/**
 * E-mail over SMTP. The connection is the egress's, so that the address is judged as for everything else; nodemailer
 * speaks on it. Without TLS nothing is said, unless the operator set `tls: none` for a server of the own network.
 */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { EmailSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { deliveryId } from '../enqueue.ts';
import { clip, type Notice } from '../notice.ts';
import { ABORTED, faultOf, pinPrivate, scrub } from '../post.ts';
import {
  bodyLines,
  colour,
  escapeHtml,
  fault,
  headline,
  linkOf,
  oneLine,
  type Secrets,
  type Send,
  type SendDeps,
  type SendFault,
} from './channel.ts';

export const sendEmail: Send<EmailSettings> = async (deps, settings, secrets, notice) => {
  const to = notice.to === undefined ? settings.to : [notice.to];
  if (to.length === 0) return fault('no_recipient', 'The channel has no recipient; set "to".', 'never');
  let host = settings.host;
  if (settings.tls === 'none') {
    const pinned = await pinPrivate(deps, host, settings.port);
    if (!pinned.ok) return pinned;
    host = pinned.value;
  }
  const opened = await deps.egress.connect({
    host,
    port: settings.port,
    timeoutMs: deps.limits.sendConnectTimeoutMs,
    signal: deps.signal,
  });
  if (!opened.ok) return faultOf(opened);
  const { socket } = opened.value;
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.tls === 'tls',
    requireTLS: settings.tls === 'starttls',
    ignoreTLS: settings.tls === 'none',
    // The name this end says hello with: not the machine's own, which is nobody's business.
    name: nameOf(deps),
    getSocket: (_options: unknown, done: (error: Error | null, socket: object) => void) =>
      done(null, { connection: socket }),
    tls: { rejectUnauthorized: true, ...(deps.egress.ca === undefined ? {} : { ca: [...deps.egress.ca] }) },
    ...(settings.user === '' ? {} : { auth: { user: settings.user, pass: secrets['password'] ?? '' } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    greetingTimeout: deps.limits.sendConnectTimeoutMs,
    socketTimeout: deps.limits.sendTimeoutMs,
  });
  let late: ({ readonly ok: false } & SendFault) | null = null;
  const end = (why: { readonly ok: false } & SendFault): void => {
    late ??= why;
    socket.destroy();
  };
  const timer = deps.clock.after(deps.limits.sendTimeoutMs, () => end(TIMEOUT));
  const onAbort = (): void => end(ABORTED);
  deps.signal.addEventListener('abort', onAbort);
  try {
    await transport.sendMail(mailOf(deps, settings, notice, to));
    return ok({});
  } catch (error) {
    return late ?? faultOfSmtp(error, secrets);
  } finally {
    timer.cancel();
    deps.signal.removeEventListener('abort', onAbort);
    transport.close();
    socket.destroy();
  }
};

const TIMEOUT = fault('timeout', 'The mail server did not finish within the timeout.', 'later');

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly replyTo?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: string;
  readonly date: Date;
  readonly headers: Readonly<Record<string, string>>;
}

function mailOf(
  deps: SendDeps,
  settings: EmailSettings,
  notice: Notice,
  to: readonly string[],
): Mail & { to: string[] } {
  const domain = nameOf(deps);
  // No mail has this id; every mail of the thread answers it, so that readers put them together.
  const root = `<thread-${createHash('sha256').update(notice.thread).digest('hex').slice(0, 32)}@${domain}>`;
  return {
    from: settings.from,
    to: [...to],
    ...(settings.replyTo === '' ? {} : { replyTo: settings.replyTo }),
    subject: headline(notice, 200),
    text: [notice.title, '', ...bodyLines(notice), '', linkOf(deps, notice), ...footer(notice)].join('\n'),
    html: htmlOf(deps, notice),
    messageId: `<${deliveryId(notice.key)}@${domain}>`,
    inReplyTo: root,
    references: root,
    date: new Date(notice.at),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(notice.unsubscribe === undefined
        ? {}
        : { 'List-Unsubscribe': `<${notice.unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
  };
}

function footer({ unsubscribe }: Notice): readonly string[] {
  return unsubscribe === undefined ? [] : ['', `Leave this list: ${unsubscribe}`];
}

function htmlOf(deps: SendDeps, notice: Notice): string {
  const link = escapeHtml(linkOf(deps, notice));
  const rows = notice.facts.map(
    ({ name, value }) =>
      `<tr><td style="padding:2px 12px 2px 0;color:#57606a;vertical-align:top">${escapeHtml(name)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  );
  const paragraphs =
    notice.text.trim() === ''
      ? ''
      : `<p style="margin:0 0 12px">${escapeHtml(notice.text.trim()).replaceAll('\n', '<br>')}</p>`;
  const leave =
    notice.unsubscribe === undefined
      ? ''
      : `<p style="margin:16px 0 0;font-size:12px"><a href="${escapeHtml(notice.unsubscribe)}" style="color:#57606a">Leave this list</a></p>`;
  return (
    '<!doctype html><html><body style="margin:0;padding:16px;font:14px/1.5 system-ui,sans-serif;color:#1f2328">' +
    `<div style="border-left:4px solid ${colour(notice)};padding-left:12px">` +
    `<p style="margin:0 0 12px;font-size:16px"><strong>${escapeHtml(headline(notice, 500))}</strong></p>${paragraphs}` +
    (rows.length === 0 ? '' : `<table style="border-collapse:collapse;margin:0 0 12px">${rows.join('')}</table>`) +
    `<p style="margin:0"><a href="${link}">${notice.link === undefined ? 'Open in Statewire' : 'Open'}</a></p></div>${leave}</body></html>`
  );
}

function nameOf(deps: SendDeps): string {
  const host = URL.parse(deps.publicUrl)?.hostname ?? '';
  return /^[a-z0-9.-]+$/i.test(host) ? host : 'statewire.invalid';
}

/** What nodemailer says of a failure, in our words. 4xx of SMTP passes, 5xx does not. */
function faultOfSmtp(error: unknown, secrets: Secrets): { readonly ok: false } & SendFault {
  const { code, responseCode, response, message } = fieldsOf(error);
  const said = response === '' ? '.' : `: ${scrub(response, Object.values(secrets))}`;
  if (code === 'EAUTH') {
    const isTemporary = responseCode >= 400 && responseCode < 500;
    return fault('auth', `The mail server did not accept user and password${said}`, isTemporary ? 'later' : 'never');
  }
  // nodemailer gives every error of the socket one code; what TLS says of a certificate is in its words.
  if (code === 'ETLS' || (code === 'ESOCKET' && /certificate|altnames|self-signed|\bTLS\b|\bSSL\b/i.test(message))) {
    return fault('tls_failed', 'The mail server offers no TLS that can be trusted.', 'later');
  }
  if (responseCode >= 500) return fault('refused_by_receiver', `The mail server refused the mail${said}`, 'never');
  if (responseCode >= 400) return fault('smtp_4xx', `The mail server asks to try again${said}`, 'later');
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return fault('refused_by_receiver', `The mail cannot be sent as it is${said}`, 'never');
  if (code === 'ETIMEDOUT') return TIMEOUT;
  if (code === 'EPROTOCOL') return fault('bad_answer', 'What answers is no mail server.', 'later');
  return fault('reset', 'The connection to the mail server broke before the mail was accepted.', 'later');
}

function fieldsOf(error: unknown): {
  readonly code: string;
  readonly responseCode: number;
  readonly response: string;
  readonly message: string;
} {
  const read = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  const code = read('code');
  const responseCode = read('responseCode');
  const response = read('response');
  return {
    code: typeof code === 'string' ? code : '',
    message: error instanceof Error ? error.message : '',
    responseCode: typeof responseCode === 'number' ? responseCode : 0,
    response: typeof response === 'string' ? clip(oneLine(response), 200) : '',
  };
}

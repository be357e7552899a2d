/**
 * Alertmanager, v2. An alert there is known by its labels, so these are only what stays the same from the alert to its
 * recovery. It forgets an alert that nobody repeats: a firing one is given a week, its recovery ends it.
 */
import type { AlertmanagerSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post } from '../post.ts';
import { clip } from '../notice.ts';
import { bodyLines, linkOf, oneLine, type Send } from './channel.ts';

export const sendAlertmanager: Send<AlertmanagerSettings> = async (deps, settings, secrets, notice) => {
  const { password, token } = secrets;
  const basic = password === undefined ? '' : Buffer.from(`${settings.user}:${password}`).toString('base64');
  const authorization = token !== undefined ? `Bearer ${token}` : basic === '' ? '' : `Basic ${basic}`;
  const at = new Date(notice.at).toISOString();
  const lasts = notice.state === 'firing' ? FIRING_MS : INFO_MS;
  const alert = {
    labels: {
      ...settings.labels,
      alertname: 'Statewire',
      severity: notice.severity,
      thread: clip(notice.thread, 256),
      ...(notice.refs[0] === undefined ? {} : { subject: clip(notice.refs[0], 256) }),
    },
    annotations: {
      summary: clip(oneLine(notice.title), 500),
      description: clip(bodyLines(notice).join('\n'), 8_000),
    },
    ...(notice.state === 'resolved'
      ? { endsAt: at }
      : { startsAt: at, endsAt: new Date(notice.at + lasts).toISOString() }),
    generatorURL: linkOf(deps, notice),
  };
  const sent = await post(
    deps,
    {
      url: `${settings.base}/api/v2/alerts`,
      ...json([alert], authorization === '' ? {} : { authorization }),
      hide: [...Object.values(secrets), basic],
    },
    ({ text }) => {
      const message = parsed(text)?.['message'];
      return typeof message === 'string' ? message : '';
    },
  );
  return sent.ok ? ok({ status: sent.value.status }) : sent;
};

const FIRING_MS = 7 * 86_400_000;
const INFO_MS = 300_000;

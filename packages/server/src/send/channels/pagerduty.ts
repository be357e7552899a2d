/**
 * PagerDuty, Events API v2: the thread is the dedup key, so a recovery resolves the incident its alert opened. What is
 * neither an alert nor a recovery (a digest, a test) is a change event: it is shown and wakes nobody.
 */
import type { BaseSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { clip, type Notice } from '../notice.ts';
import { linkOf, missing, oneLine, type Send } from './channel.ts';

export const sendPagerduty: Send<BaseSettings> = async (deps, settings, secrets, notice) => {
  const { routingKey } = secrets;
  if (routingKey === undefined) return missing('routingKey');
  const summary = clip(oneLine(notice.title), 1_024) || 'Statewire';
  const source = clip(notice.refs[0] ?? 'statewire', 255);
  const links = [{ href: linkOf(deps, notice), text: 'Open in Statewire' }];
  const details = {
    ...(notice.text.trim() === '' ? {} : { text: clip(notice.text.trim(), 8_000) }),
    ...Object.fromEntries(notice.facts.map(({ name, value }) => [name, value])),
  };
  const timestamp = new Date(notice.at).toISOString();
  const isChange = notice.state === 'info';
  const body = isChange
    ? { routing_key: routingKey, payload: { summary, source, timestamp, custom_details: details }, links }
    : {
        routing_key: routingKey,
        event_action: actionOf(notice),
        dedup_key: clip(notice.thread, 255),
        payload: { summary, source, severity: notice.severity, timestamp, custom_details: details },
        links,
        client: 'Statewire',
        client_url: linkOf(deps, notice),
      };
  const sent = await post(
    deps,
    { url: `${settings.base}/v2/${isChange ? 'change/' : ''}enqueue`, ...json(body), hide: [routingKey] },
    ({ text }) => {
      const errors = parsed(text)?.['errors'];
      return Array.isArray(errors) ? errors.filter((error) => typeof error === 'string').join('; ') : '';
    },
  );
  if (!sent.ok) return sent;
  return parsed(sent.value.text) === null ? strange('a JSON object') : ok({ status: sent.value.status });
};

function actionOf(notice: Notice): 'acknowledge' | 'resolve' | 'trigger' {
  if (notice.state === 'resolved') return 'resolve';
  return notice.isAcknowledged === true ? 'acknowledge' : 'trigger';
}

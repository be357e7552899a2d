/** Opsgenie: the thread is the alias, so a recovery closes the alert it belongs to. */
import type { BaseSettings } from '@statewire/model';
import { ok, type Json } from '@statewire/protocol';
import { json, parsed, post, strange } from '../post.ts';
import { clip, type Notice } from '../notice.ts';
import { bodyLines, linkOf, missing, oneLine, type Send, type SendDeps } from './channel.ts';

export const sendOpsgenie: Send<BaseSettings> = async (deps, settings, secrets, notice) => {
  const { apiKey } = secrets;
  if (apiKey === undefined) return missing('apiKey');
  const { path, body } = callOf(deps, notice);
  const sent = await post(
    deps,
    {
      url: `${settings.base}/v2/alerts${path}`,
      ...json(body, { authorization: `GenieKey ${apiKey}` }),
      hide: [apiKey],
    },
    ({ text }) => {
      const message = parsed(text)?.['message'];
      return typeof message === 'string' ? message : '';
    },
  );
  if (!sent.ok) return sent;
  return typeof parsed(sent.value.text)?.['requestId'] === 'string'
    ? ok({ status: sent.value.status })
    : strange('a request id');
};

function callOf(deps: SendDeps, notice: Notice): { readonly path: string; readonly body: Json } {
  const alias = clip(notice.thread, 512);
  const note = clip([notice.title, ...bodyLines(notice)].join('\n'), 10_000);
  const by = (verb: string): string => `/${encodeURIComponent(alias)}/${verb}?identifierType=alias`;
  if (notice.state === 'resolved') return { path: by('close'), body: { note, source: 'Statewire' } };
  if (notice.isAcknowledged === true) return { path: by('acknowledge'), body: { note, source: 'Statewire' } };
  const description = clip([...bodyLines(notice), linkOf(deps, notice)].join('\n'), 15_000);
  return {
    path: '',
    body: {
      message: clip(oneLine(notice.title), 130) || 'Statewire',
      alias,
      description,
      priority: notice.state === 'info' ? 'P5' : PRIORITY[notice.severity],
      source: 'Statewire',
      entity: clip(notice.refs[0] ?? '', 512),
      details: Object.fromEntries(notice.facts.map(({ name, value }) => [name, clip(value, 300)])),
    },
  };
}

const PRIORITY = { critical: 'P1', warning: 'P3', info: 'P5' } as const;

/** The Apprise API, as a bridge to everything it knows: by a configuration it keeps (`key`) or by URLs given each time. */
import type { AppriseSettings } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { json, parsed, post } from '../post.ts';
import { fault, fit, bodyLines, headline, linkOf, type Send } from './channel.ts';
import type { Notice } from '../notice.ts';

export const sendApprise: Send<AppriseSettings> = async (deps, settings, secrets, notice) => {
  const { urls } = secrets;
  if (settings.key === '' && urls === undefined) {
    return fault('no_recipient', 'The channel names neither a key nor URLs; set one of them.', 'never');
  }
  const sent = await post(
    deps,
    {
      url: `${settings.base}/notify${settings.key === '' ? '' : `/${settings.key}`}`,
      ...json({
        ...(settings.key === '' && urls !== undefined ? { urls } : {}),
        ...(settings.tag === '' ? {} : { tag: settings.tag }),
        title: headline(notice, 250),
        body: fit(bodyLines(notice).join('\n') || notice.title, linkOf(deps, notice), BODY_MAX),
        type: typeOf(notice),
        format: 'text',
      }),
      hide: Object.values(secrets),
    },
    ({ text }) => {
      const error = parsed(text)?.['error'];
      return typeof error === 'string' ? error : '';
    },
  );
  if (!sent.ok) {
    // 424: one of the services behind it failed, which may pass.
    return sent.code === 'refused_by_receiver' && sent.message.includes('HTTP 424')
      ? { ...sent, retry: 'later' }
      : sent;
  }
  // 204: there is nothing under this key, so nobody was told.
  if (sent.value.status === 204)
    return fault('no_recipient', 'Apprise knows nothing under this key; nobody was told.', 'never');
  return ok({ status: sent.value.status });
};

const BODY_MAX = 8_000;

function typeOf({ state, severity }: Notice): 'failure' | 'info' | 'success' | 'warning' {
  if (state === 'resolved') return 'success';
  if (state === 'info' || severity === 'info') return 'info';
  return severity === 'critical' ? 'failure' : 'warning';
}

import { CHANNEL_KINDS, channelKinds, type ChannelKind } from '@statewire/model';
import { expect, test } from 'vitest';
import { askedOf, type ChannelDraft, draftOf, readDraft } from './channel-form.ts';

const typed: Readonly<Record<ChannelKind, { values: Record<string, string>; secrets: Record<string, string> }>> = {
  email: {
    values: { host: 'smtp.example.org', from: 'a@example.org', to: 'b@example.org\n c@example.org ' },
    secrets: {},
  },
  webpush: { values: { subject: 'mailto:a@example.org' }, secrets: {} },
  webhook: {
    values: { url: 'https://hooks.example.org/x', headers: 'X-Team: shop\nX-Env: prod: eu' },
    secrets: { secret: `whsec_${btoa('0123456789abcdef0123456789abcdef')}` },
  },
  slack: { values: {}, secrets: { url: 'https://hooks.example.org/s' } },
  discord: { values: {}, secrets: { url: 'https://hooks.example.org/d' } },
  teams: { values: {}, secrets: { url: 'https://hooks.example.org/t' } },
  googlechat: { values: {}, secrets: { url: 'https://hooks.example.org/g' } },
  mattermost: { values: { channel: 'ops' }, secrets: { url: 'https://hooks.example.org/m' } },
  telegram: { values: { chatId: '-100123', threadId: '7' }, secrets: { token: '123456:ABC-DEF_ghijk' } },
  ntfy: { values: { topic: 'alerts' }, secrets: {} },
  gotify: { values: { base: 'https://gotify.example.org/' }, secrets: { token: 'T0' } },
  pushover: { values: {}, secrets: { token: 'a', user: 'b' } },
  pagerduty: { values: {}, secrets: { routingKey: 'k' } },
  opsgenie: { values: {}, secrets: { apiKey: 'k' } },
  twilio: {
    values: { accountSid: `AC${'0'.repeat(32)}`, from: '+15005550006', to: '+15005550001' },
    secrets: { authToken: 't' },
  },
  alertmanager: { values: { base: 'http://am:9093', labels: 'team: shop' }, secrets: {} },
  apprise: { values: { base: 'http://apprise:8000', key: 'ops' }, secrets: {} },
};

test.each(CHANNEL_KINDS)('%s: what a person types is what the server takes, and comes back as it was', (kind) => {
  const draft: ChannelDraft = { name: ' Ops ', kind, ...typed[kind] };
  const read = readDraft(draft, []);
  expect(read).toMatchObject({ ok: true, fields: { name: 'Ops' } });
  if (!read.ok) return;
  const settings = channelKinds[kind].settings.parse(read.fields['settings']);
  const again = draftOf({ name: 'Ops', kind, settings: JSON.parse(JSON.stringify(settings)) });
  const reread = readDraft({ ...again, secrets: typed[kind].secrets }, []);
  expect(reread).toEqual(read);
  // A form asks for nothing that its kind does not have.
  for (const { name } of askedOf[kind]) expect(Object.keys(settings as object)).toContain(name);
});

test('what is wrong is said: no name, a missing secret, a wrong address', () => {
  expect(readDraft({ name: '', kind: 'slack', values: {}, secrets: {} }, [])).toMatchObject({ ok: false });
  expect(readDraft({ name: 'x', kind: 'slack', values: {}, secrets: {} }, [])).toEqual({
    ok: false,
    message: 'Incoming webhook URL: is needed',
  });
  expect(readDraft({ name: 'x', kind: 'slack', values: {}, secrets: {} }, ['url'])).toMatchObject({ ok: true });
  const mail = readDraft({ name: 'x', kind: 'email', values: { host: 'h', from: 'nobody' }, secrets: {} }, []);
  expect(mail).toMatchObject({ ok: false });
  expect(JSON.stringify(mail)).toContain('from');
});

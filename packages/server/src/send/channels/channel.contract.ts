/** What every channel that speaks HTTP must do, run against a receiver of its provider's protocol. */
import { readChannelSecrets, readChannelSettings, type ChannelKind } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { createEgress } from '../../collect/egress/egress.ts';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { Receiver, type Mood, type Provider } from '../../testing/peers/receivers/receiver.ts';
import type { Notice } from '../notice.ts';
import type { SendDeps, SendResult } from './channel.ts';
import { sendThrough } from './index.ts';

export interface ChannelCase {
  readonly kind: ChannelKind;
  readonly provider: Provider;
  readonly settings: (url: string) => JsonObject;
  readonly secrets: (url: string) => Readonly<Record<string, string>>;
  /** For kinds without a recipient of their own. */
  readonly to?: ((url: string) => string) | undefined;
  /** The provider documents what success looks like, so that another 2xx is no success. */
  readonly isParticular: boolean;
  /** What the provider makes of a critical alert and of its recovery, where it keeps a state. */
  readonly states?: readonly [firing: string, resolved: string] | undefined;
  /** What must not appear in a fault beside the secrets themselves. */
  readonly hidden: readonly string[];
}

const TITLE = 'Shop <b>&"down"</b> *now* [x](http://evil.example) `rm` @everyone \\_/ #1';
const TEXT =
  'line _one_ | pipe > quote & <!channel> <@U1> ~gone~ {x} !y = z - w + v.\n<script>alert("1")</script> \'q\' \\ @here &amp; \u202e';

export const alert: Notice = {
  key: 'a1:0:c:1',
  channel: 'c',
  kind: 'alert',
  severity: 'critical',
  state: 'firing',
  title: 'Shop is down',
  text: 'Refused: nothing listens on that port.\nSince 12:00.',
  facts: [
    { name: 'Service', value: 'shop' },
    { name: 'Status', value: 'down' },
  ],
  refs: ['services/shop'],
  path: '/alerts/a1',
  thread: 'a1',
  at: Date.UTC(2026, 0, 1, 12),
};

export const recovery: Notice = {
  ...alert,
  key: 'a1:r:c:1',
  kind: 'recovery',
  state: 'resolved',
  title: 'Shop is up again',
  text: 'It was down for 5 min.',
  facts: [],
  at: alert.at + 300_000,
};

/** Short times, so that a receiver that hangs does not hold a test. */
export function depsOf(more: Partial<SendDeps> = {}): SendDeps {
  return {
    clock: systemClock,
    egress: createEgress({ mode: 'any', allow: [] }),
    limits: { ...limits, sendTimeoutMs: 5_000 },
    publicUrl: 'https://status.example.org',
    signal: new AbortController().signal,
    ...more,
  };
}

export function channelContract(of: ChannelCase): void {
  describe(of.kind, () => {
    let receiver: Receiver | null = null;
    afterEach(async () => {
      await receiver?.close();
      receiver = null;
    });

    async function open(mood: Mood = { is: 'well' }): Promise<Receiver> {
      receiver = await Receiver.open(of.provider);
      receiver.mood = mood;
      return receiver;
    }

    function send(url: string, notice: Notice, deps = depsOf()): Promise<SendResult> {
      const settings = readChannelSettings(of.kind, of.settings(url));
      const secrets = of.secrets(url);
      const names = readChannelSecrets(of.kind, [], secrets);
      if (!settings.ok) throw new Error(settings.message);
      if (!names.ok) throw new Error(names.message);
      const to = of.to?.(url);
      return sendThrough(
        deps,
        { kind: of.kind, settings: settings.value },
        secrets,
        to === undefined ? notice : { ...notice, to },
      );
    }

    async function faultOf(mood: Mood, deps = depsOf()): Promise<Extract<SendResult, { ok: false }>> {
      const { url } = await open(mood);
      const sent = await send(url, alert, deps);
      if (sent.ok) throw new Error('it was delivered');
      const hidden = [...Object.values(of.secrets(url)), ...of.hidden, of.to?.(url) ?? ''].filter(
        (word) => word !== '',
      );
      for (const word of hidden) expect(sent.message).not.toContain(word);
      return sent;
    }

    test('[SN12] an alert arrives as the provider documents it, and so does its recovery', async () => {
      const { url, problems, understood } = await open();
      expect(await send(url, alert)).toMatchObject({ ok: true });
      expect(await send(url, recovery)).toMatchObject({ ok: true });
      expect(problems).toEqual([]);
      const [firing, resolved] = understood;
      expect(firing?.title).toContain('Shop is down');
      expect(firing?.text).toContain('Refused: nothing listens on that port.');
      expect(firing?.text).toContain('Service: shop');
      expect(resolved?.title).toContain('Shop is up again');
      if (of.states !== undefined) expect([firing?.state, resolved?.state]).toEqual(of.states);
      expect(resolved?.thread).toBe(firing?.thread);
    });

    test('[SN12] what is neither an alert nor a recovery arrives too, without any text or fact', async () => {
      const { url, problems, understood } = await open();
      expect(
        await send(url, { ...alert, kind: 'test', state: 'info', severity: 'info', text: '', facts: [] }),
      ).toMatchObject({ ok: true });
      expect(problems).toEqual([]);
      expect(understood).toHaveLength(1);
    });

    test('[SN13] mark-up in a notice is shown as it stands, and names nobody', async () => {
      const { url, problems } = await open();
      expect(
        await send(url, { ...alert, title: TITLE, text: TEXT, facts: [{ name: 'N_*', value: 'v <&> *x*' }] }),
      ).toMatchObject({ ok: true });
      expect(problems).toEqual([]);
      expect(receiver?.last?.title).toContain(TITLE);
      for (const line of TEXT.split('\n')) expect(receiver?.last?.text).toContain(line.trim());
      expect(receiver?.last?.text).toContain('v <&> *x*');
    });

    test('[SN13] a very long notice is cut to what the provider takes, between characters', async () => {
      const { url, problems } = await open();
      const long: Notice = {
        ...alert,
        title: '🚨<&*'.repeat(100),
        text: '<&>"*_\u{1f525}\n'.repeat(2_000),
        facts: Array.from({ length: 20 }, (_, i) => ({ name: `fact ${i} `.repeat(12), value: '*<&🔥'.repeat(250) })),
        refs: Array.from({ length: 100 }, (_, i) => `services/${i}`),
        thread: 'long:'.repeat(20),
      };
      expect(await send(url, long)).toMatchObject({ ok: true });
      expect(problems).toEqual([]);
      const { title = '', text = '' } = receiver?.last ?? {};
      expect(title.isWellFormed() && text.isWellFormed()).toBe(true);
      expect(text.length).toBeGreaterThan(of.kind === 'twilio' ? 100 : 700);
    });

    test('[SN5, SN12] a refusal is final, and says why without any secret', async () => {
      const sent = await faultOf({
        is: 'refusing',
        status: 403,
        why: `no: ${Object.values(of.secrets('http://x')).join(' ')} ${of.hidden.join(' ')}`,
      });
      expect(sent).toMatchObject({ code: 'refused_by_receiver', retry: 'never' });
      expect(sent.message).toContain('403');
    });

    test('[SN12] a failure of the receiver may pass', async () => {
      expect(await faultOf({ is: 'refusing', status: 503, why: 'down' })).toMatchObject({
        code: 'http_5xx',
        retry: 'later',
      });
    });

    test('[SN12] a redirect is not followed', async () => {
      expect(await faultOf({ is: 'refusing', status: 302, why: '' })).toMatchObject({
        code: 'redirect',
        retry: 'never',
      });
      expect(receiver?.requests).toHaveLength(1);
    });

    test('[SN12] a receiver that never answers is given up', async () => {
      const deps = depsOf({ limits: { ...limits, sendTimeoutMs: 150 } });
      expect(await faultOf({ is: 'silent' }, deps)).toMatchObject({ code: 'timeout', retry: 'later' });
    });

    test('[SN12] nobody there', async () => {
      const gone = await open();
      const { url } = gone;
      await gone.close();
      receiver = null;
      expect(await send(url, alert)).toMatchObject({ ok: false, code: 'refused', retry: 'later' });
    });

    test('[SN4] a receiver that asks for a pause gets it, up to a limit', async () => {
      expect(await faultOf({ is: 'limiting', seconds: 7 })).toMatchObject({
        code: 'rate_limited',
        retry: 'later',
        retryAfterMs: 7_000,
      });
      if (receiver !== null) receiver.mood = { is: 'limiting', seconds: 86_400 };
      expect(await send(receiver?.url ?? '', alert)).toMatchObject({ retryAfterMs: limits.sendRetryAfterMsMax });
    });

    test('[SN12] an answer that is not the provider’s is no success where it documents one', async () => {
      const { url } = await open({ is: 'garbled' });
      const sent = await send(url, alert);
      expect(sent).toMatchObject(of.isParticular ? { ok: false, code: 'bad_answer', retry: 'later' } : { ok: true });
    });

    test('[SN12] an answer that is too large is not read to its end', async () => {
      const { url } = await open({ is: 'talkative', bytes: limits.sendAnswerBytesMax * 4 });
      const sent = await send(url, alert);
      expect(sent).toMatchObject(of.isParticular ? { ok: false, code: 'bad_answer', retry: 'later' } : { ok: true });
    });

    test('[SN12] an answer that is cut short', async () => {
      const { url } = await open({ is: 'cutting' });
      const sent = await send(url, alert);
      expect(sent).toMatchObject(of.isParticular ? { ok: false, code: 'bad_answer', retry: 'later' } : { ok: true });
    });

    test('[SN12] a sending under way ends when the server stops', async () => {
      const { url } = await open({ is: 'silent' });
      const stop = new AbortController();
      const sending = send(url, alert, depsOf({ signal: stop.signal }));
      await expect.poll(() => receiver?.requests.length).toBe(1);
      stop.abort();
      expect(await sending).toMatchObject({ ok: false, code: 'aborted', retry: 'later' });
      expect(await send(url, alert, depsOf({ signal: stop.signal }))).toMatchObject({ ok: false, code: 'aborted' });
    });

    test('[SN14] nothing is said without TLS to an address of the open internet', async () => {
      const asked: string[] = [];
      const egress = createEgress({
        mode: 'any',
        allow: [],
        lookup: async (host) => (asked.push(host), ['93.184.216.34']),
      });
      const connect: typeof egress.connect = () => Promise.reject(new Error('it connected'));
      const sent = await send('http://receiver.example', alert, depsOf({ egress: { ...egress, connect } }));
      expect(sent).toMatchObject({ ok: false, code: 'plaintext', retry: 'never' });
      expect(asked).toEqual(['receiver.example']);
    });

    test('[SN14] an address that the operator did not open is not sent to', async () => {
      const { url } = await open();
      const sent = await send(url, alert, depsOf({ egress: createEgress({ mode: 'public', allow: [] }) }));
      expect(sent).toMatchObject({ ok: false, code: 'egress_denied', retry: 'never' });
      expect(receiver?.requests).toEqual([]);
    });
  });
}

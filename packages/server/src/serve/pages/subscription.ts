/** Coming, confirming and leaving. What a stranger is told never says who else listens. */
import { timingSafeEqual } from 'node:crypto';
import { subscriberFlaw, type Subscriber } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { z } from 'zod';
import {
  forgetSubscriber,
  signUp,
  subscriberId,
  SUBSCRIBER_TARGET,
} from '../../collect/commands/plains/subscribers.ts';
import type { Sheet } from '../../publish/board.ts';
import type { HttpDeps } from '../http/deps.ts';
import { RefusedError } from '../http/problem.ts';
import type { Rates } from '../http/rate.ts';
import { must, openRoute, type RawCall, type Route } from '../http/router.ts';
import { answersOf } from '../http/shapes.ts';
import { ASSETS_PATH } from './assets.ts';
import { noticeOf } from './document.ts';
import { readForm } from './form.ts';
import { isObject } from './gate.ts';
import { html, type Markup } from './markup.ts';

interface Around {
  readonly tag: string;
  readonly seen: (call: Pick<RawCall, 'context' | 'ip' | 'params'>) => Promise<Sheet>;
}

/** Where a subscriber confirms and leaves. It does not name the page: one that moves keeps its subscribers. */
export function subscriptionPath(what: 'confirm' | 'leave', id: string, token: string): string {
  return `${ASSETS_PATH}/${what}?s=${id}&t=${token}`;
}

const who = z.strictObject({
  s: z.string().max(128).meta({ description: 'Who' }),
  t: z.string().max(64).meta({ description: 'Their token' }),
});

export function subscriptionRoutes(deps: HttpDeps, rates: Rates, { tag, seen }: Around): readonly Route[] {
  const { commit, drawings } = deps.pages;

  const notice = (title: string, text: string, status = 200, body?: Markup): Response =>
    new Response(noticeOf({ title, text, body, css: drawings.asset('page.css') }).text, {
      status,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      },
    });

  /** The subscriber a link means, or null: unknown, gone and a wrong token are one answer. */
  async function subscriberOf(query: z.output<typeof who>): Promise<{ org: string; row: Subscriber } | null> {
    const entry = deps.pages.subscriber(query.s);
    if (entry === null) return null;
    const { org, row } = entry;
    const target = await deps.store.document(SUBSCRIBER_TARGET, org, row.id);
    const token = isObject(target) ? target['token'] : null;
    if (typeof token !== 'string' || !isSame(token, query.t)) return null;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `subscribers` are Subscriber.
    return { org, row: row as Subscriber };
  }

  const unknown = (): Response =>
    notice(
      'This link is over',
      'It was used, or too much time went by. Sign up again on the status page if you like.',
      404,
    );

  /** A link in a mail is opened by scanners too, so what it does takes a press of the button. */
  const pair = (
    what: 'confirm' | 'leave',
    ask: { readonly summary: string; readonly title: string; readonly text: string; readonly button: string },
    act: (org: string, row: Subscriber) => Promise<Response>,
  ): readonly Route[] => {
    const path = `${ASSETS_PATH}/${what}`;
    const common = { path, access: 'open', tag, query: who } as const;
    const answers = { ...answersOf('rate_limited'), 200: { description: 'A page that says so', type: 'text/html' } };
    return [
      openRoute({
        ...common,
        method: 'GET',
        summary: `Asks: ${ask.summary}`,
        answers,
        handle: async ({ ip, query }) => {
          await rates.spend('page-secret', ip);
          if ((await subscriberOf(query)) === null) return unknown();
          return notice(
            ask.title,
            ask.text,
            200,
            html`<form method="post" action="${path}?s=${query.s}&t=${query.t}"><button>${ask.button}</button></form>`,
          );
        },
      }),
      openRoute({
        ...common,
        method: 'POST',
        summary: `Does: ${ask.summary}`,
        raw: ['application/x-www-form-urlencoded'],
        answers,
        handle: async ({ ip, query }) => {
          await rates.spend('page-secret', ip);
          const found = await subscriberOf(query);
          return found === null ? unknown() : act(found.org, found.row);
        },
      }),
    ];
  };

  return [
    openRoute({
      method: 'POST',
      path: '/status/{slug}/subscribe',
      access: 'open',
      tag,
      summary: 'Signs an address up for news of a page; it is asked to confirm first',
      raw: ['application/x-www-form-urlencoded'],
      answers: {
        ...answersOf('not_found', 'auth_required', 'bad_field', 'rate_limited'),
        200: { description: 'The same page whether the address is new or not', type: 'text/html' },
      },
      handle: async (call) => {
        const sheet = await seen(call);
        await rates.spend('subscribe', call.ip);
        const form = await readForm(call.context, deps.limits);
        const { page, org, state } = sheet;
        const kind = form.get('kind') === 'webhook' ? 'webhook' : 'email';
        const target = (form.get('target') ?? '').trim();
        if ((kind === 'email' ? page.channel : page.webhookChannel) === null)
          throw new RefusedError({ code: 'not_found', message: `nobody subscribes to this page by ${kind}` });
        const flaw = subscriberFlaw(kind, target);
        if (flaw !== null) return notice('That address does not work', `Found something else, ${flaw}.`, 400);
        const groups = form.getAll('group').filter((name) => state.groups.some((group) => group.name === name));
        const thanks = notice(
          'Nearly there',
          `If this address is not subscribed yet, it is asked now to confirm. The question is valid for two days.`,
        );
        // Only programs fill in what people do not see.
        if ((form.get('website') ?? '') !== '') return thanks;
        await rates.spend('subscribe-target', subscriberId(page.id, kind, target));
        must(
          await commit.write(org, 'public', (draft) =>
            signUp(deps.limits, draft, { page: page.id, kind, target, groups: groups.length === 0 ? null : groups }),
          ),
        );
        return thanks;
      },
    }),
    ...pair(
      'confirm',
      {
        summary: 'shall this address be told of news?',
        title: 'Subscribe?',
        text: 'This address is told of incidents and maintenance from now on.',
        button: 'Yes, subscribe',
      },
      async (org, { id, kind, page }) => {
        must(
          await commit.write(org, 'public', (draft) => {
            const row = draft.get('subscribers', id);
            if (row !== null && row['state'] === 'pending')
              draft.put('subscribers', id, { ...row, state: 'confirmed', confirmedAt: draft.now, nextAt: null });
            return ok(null);
          }),
        );
        if (kind === 'email') return notice('Subscribed', 'You will be told. Every message has a link to leave.');
        const secret = await deps.pages.webhookSecret(org, page, id);
        return notice(
          'Subscribed',
          'You will be told. Messages are signed as the Standard Webhooks specification says, with this key of your own, which is shown once:',
          200,
          secret === null ? undefined : html`<p><code>${secret}</code></p>`,
        );
      },
    ),
    ...pair(
      'leave',
      {
        summary: 'shall this address be told of nothing any more?',
        title: 'Unsubscribe?',
        text: 'This address is told of nothing any more, and forgotten.',
        button: 'Yes, unsubscribe',
      },
      async (org, { id }) => {
        must(
          await commit.write(org, 'public', (draft) => {
            if (draft.get('subscribers', id) !== null) forgetSubscriber(draft, id);
            return ok(null);
          }),
        );
        return notice('Unsubscribed', 'Nothing more is sent, and the address is forgotten.');
      },
    ),
  ];
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

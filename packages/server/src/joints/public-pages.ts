import type { Row } from '@statewire/protocol';
import { SUBSCRIBER_TARGET } from '../collect/commands/plains/subscribers.ts';
import type { Commit } from '../keep/commit-types.ts';
import type { Live } from '../keep/live.ts';
import type { Store } from '../keep/store.ts';
import type { Vault } from '../lib/vault.ts';
import type { Board } from '../publish/board.ts';
import { subscriberSecret } from '../send/channels/webhook.ts';
import { CHANNEL_SECRETS } from '../send/outbox.ts';
import type { PublicPages } from '../serve/http/deps.ts';
import type { Drawings } from '../serve/pages/drawn.ts';
import { isObject } from '../serve/pages/gate.ts';
import type { Streams } from '../serve/pages/stream.ts';

export interface PublicPagesDeps {
  readonly board: Board;
  readonly drawings: Drawings;
  readonly streams: Streams;
  readonly commit: Pick<Commit, 'write'>;
  readonly live: Pick<Live, 'get' | 'orgs'>;
  readonly store: Pick<Store, 'document'>;
  readonly vault: Pick<Vault, 'open'>;
}

/** What the public doors are served from. */
export function publicPages({ board, drawings, streams, commit, live, store, vault }: PublicPagesDeps): PublicPages {
  return {
    board,
    drawings,
    streams,
    commit,
    subscriber(id) {
      for (const org of live.orgs()) {
        const row: Row | null = live.get(org, 'subscribers', id)?.row ?? null;
        if (row !== null) return { org, row };
      }
      return null;
    },
    async webhookSecret(org, page, subscriber) {
      const channel = live.get(org, 'pages', page)?.row['webhookChannel'];
      const target = await store.document(SUBSCRIBER_TARGET, org, subscriber);
      const to = target !== null && isObject(target) ? target['target'] : null;
      if (typeof channel !== 'string' || typeof to !== 'string') return null;
      const id = `${channel}/secret`;
      const sealed = await store.document(CHANNEL_SECRETS, org, id);
      const opened = sealed === null ? null : vault.open({ org, kind: CHANNEL_SECRETS, id }, sealed);
      return opened?.ok === true && typeof opened.value === 'string' ? subscriberSecret(opened.value, to) : null;
    },
  };
}

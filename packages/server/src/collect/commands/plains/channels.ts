/**
 * Channels. Each secret is sealed and stored in a document of its own, so that one is changed without reading the others;
 * the record holds their names.
 */
import { generateKeyPairSync } from 'node:crypto';
import {
  channelRateDefault,
  readChannelSecrets,
  readChannelSettings,
  type Channel,
  type ChannelCreate,
  type ChannelPatch,
} from '@statewire/model';
import { ok, type JsonObject, type Result } from '@statewire/protocol';
import type { Draft } from '../../../keep/commit-types.ts';
import type { WriteDeps } from '../../reports/deps.ts';
import type { Plain } from '../plain.ts';

/** Document kind of one secret; keyed by `<channel>/<name>`. The outbox opens it. */
const CHANNEL_SECRETS = 'channel-secrets';

export const channels: Plain = {
  prefix: 'chn',
  born(deps, draft, { id, fields }) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the create schema of channels has read them.
    const given = fields as JsonObject & Omit<ChannelCreate, 'id'>;
    const made = given.kind === 'webpush' ? vapidPair(given) : given;
    const names = readChannelSecrets(given.kind, [], made.secrets);
    if (!names.ok) return names;
    seal(deps, draft, id, made.secrets);
    return ok({
      name: given.name,
      kind: given.kind,
      isEnabled: given.isEnabled ?? true,
      settings: { ...made.settings },
      secrets: names.value,
      rate: {
        perMinute: given.rate?.perMinute ?? channelRateDefault.perMinute,
        burst: given.rate?.burst ?? channelRateDefault.burst,
      },
      last: null,
      failures: 0,
      labels: given.labels ?? {},
    });
  },
  patched(deps, draft, { id, fields, row }) {
    // oxlint-disable typescript/no-unsafe-type-assertion -- true: rows of `channels` are Channel, and the patch schema has read the fields.
    const known = row as Channel;
    const { settings: changed, secrets = {}, rate, ...rest } = fields as ChannelPatch;
    // oxlint-enable typescript/no-unsafe-type-assertion
    const settings: Result<JsonObject> =
      changed === undefined ? ok(known.settings) : readChannelSettings(known.kind, { ...known.settings, ...changed });
    if (!settings.ok) return settings;
    const names = readChannelSecrets(known.kind, known.secrets, secrets);
    if (!names.ok) return names;
    seal(deps, draft, id, secrets);
    return ok({
      ...known,
      name: rest.name ?? known.name,
      isEnabled: rest.isEnabled ?? known.isEnabled,
      labels: rest.labels ?? known.labels,
      settings: settings.value,
      secrets: names.value,
      rate: { perMinute: rate?.perMinute ?? known.rate.perMinute, burst: rate?.burst ?? known.rate.burst },
    });
  },
  removed(_deps, draft, { id, row }) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of `channels` are Channel.
    for (const name of (row as Channel).secrets) draft.document(CHANNEL_SECRETS, `${id}/${name}`, null);
    return ok(null);
  },
};

function seal(deps: WriteDeps, draft: Draft, channel: string, secrets: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(secrets)) {
    const id = `${channel}/${name}`;
    const place = { org: draft.org, kind: CHANNEL_SECRETS, id };
    draft.document(CHANNEL_SECRETS, id, value === null ? null : deps.vault.seal(place, value));
  }
}

/** A push channel signs with a key pair of its own; browsers are told the public half when they subscribe. */
function vapidPair(given: Pick<ChannelCreate, 'secrets' | 'settings'>): Pick<ChannelCreate, 'secrets' | 'settings'> {
  if (given.secrets['privateKey'] !== undefined) return given;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return { settings: { ...given.settings, publicKey: point.toString('base64url') }, secrets: { privateKey: d } };
}

import type { Result } from '@statewire/protocol';
import type { EgressFetch } from '../../../collect/egress/fetch.ts';
import type { Clock } from '../../../lib/clock.ts';
import { OidcProvider, type Identity, type OidcConfig } from './provider.ts';
import type { Visit } from '../sessions.ts';
import { refused, type OidcFailure } from './refusal.ts';
import type { Trips } from './trips.ts';

export interface OidcDoorOptions<T> {
  readonly clock: Clock;
  readonly configs: readonly OidcConfig[];
  readonly fetch: EgressFetch;
  readonly trips: Trips;
  /** Where browsers reach this server, without a slash at the end. */
  readonly publicUrl: string;
  /** Lets in whom a provider vouches for, or says why not. */
  readonly enter: (config: OidcConfig, identity: Identity, visit: Visit) => Promise<Result<T, OidcFailure>>;
}

/** What a provider's page sends back with a person. */
export interface Return {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  /** Who says so (RFC 9207). */
  readonly iss?: string | undefined;
}

export const OIDC_CALLBACK = '/v1/oidc/callback';

/** Sign-in through identity providers: out to one of them, and back in through one address for all. */
export class OidcDoor<T> {
  readonly #options: OidcDoorOptions<T>;
  readonly #providers: ReadonlyMap<string, OidcProvider>;

  constructor(options: OidcDoorOptions<T>) {
    this.#options = options;
    const { clock, fetch, publicUrl } = options;
    this.#providers = new Map(
      options.configs.map((config) => [
        config.id,
        new OidcProvider({ config, clock, fetch, redirectUri: `${publicUrl}${OIDC_CALLBACK}` }),
      ]),
    );
  }

  /** For the buttons. */
  get providers(): readonly { readonly id: string; readonly name: string }[] {
    return [...this.#providers.values()].map(({ config: { id, name } }) => ({ id, name }));
  }

  /** Where the browser goes, and the word it keeps meanwhile; null when there is no such provider. */
  async depart(
    id: string,
    to: string,
    browser: string | null,
  ): Promise<Result<{ readonly url: string; readonly browser: string }, OidcFailure> | null> {
    const provider = this.#providers.get(id);
    if (provider === undefined) return null;
    // Two tabs of one browser are under way with one word.
    const trip = this.#options.trips.depart({ provider: id, to: placeOf(to), browser: browser ?? undefined });
    const address = await provider.addressFor(trip);
    return address.ok ? { ok: true, value: { url: address.value, browser: trip.browser } } : address;
  }

  async arrive(
    { state, code, error, iss }: Return,
    browser: string | null,
    visit: Visit = { ip: '', agent: '' },
  ): Promise<Result<{ readonly entered: T; readonly to: string }, OidcFailure>> {
    const trip = this.#options.trips.arrive(state, browser);
    if (trip === null)
      return refused('oidc-expired', 'the state is unknown, used, over, or belongs to another browser');
    const provider = this.#providers.get(trip.provider);
    if (provider === undefined) return refused('oidc-expired', 'the provider is not configured any more');
    if (iss !== undefined && iss !== provider.config.issuer)
      return refused('oidc-refused', 'the answer comes from another issuer than the question went to');
    if (error !== undefined)
      return refused(
        error === 'access_denied' ? 'oidc-cancelled' : 'oidc-refused',
        `the provider said ${error.slice(0, 64)}`,
      );
    if (code === undefined) return refused('oidc-refused', 'the answer has no code');
    const identity = await provider.redeem(code, trip);
    if (!identity.ok) return identity;
    const { email } = identity.value;
    const { domains } = provider.config;
    if (domains.length > 0 && email !== null && !domains.includes(email.slice(email.lastIndexOf('@') + 1)))
      return refused('oidc-domain', 'the address is of a domain that may not come in this way');
    if (domains.length > 0 && email === null)
      return refused(
        'oidc-unverified',
        'the provider does not vouch for an address, and only some domains may come in',
      );
    const entered = await this.#options.enter(provider.config, identity.value, visit);
    return entered.ok ? { ok: true, value: { entered: entered.value, to: trip.to } } : entered;
  }
}

/** A path of ours, whatever was asked: a sign-in that ends on another site is how people are led astray. */
function placeOf(to: string): string {
  const url = URL.parse(to, 'http://here.invalid');
  const isOurs = to.startsWith('/') && url !== null && url.origin === 'http://here.invalid' && to.length <= 512;
  return isOurs && !/^\/(?:[/\\]|v1\/)/u.test(to) ? `${url.pathname}${url.search}${url.hash}` : '/';
}

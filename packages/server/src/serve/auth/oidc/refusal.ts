import type { Failure } from '@statewire/protocol';

/**
 * Why a sign-in through an identity provider ended. The page before the door has a sentence for each; the message is for the
 * log, because what a provider says is nothing to show to whoever asks.
 */
export type OidcReason =
  | 'oidc-cancelled'
  | 'oidc-domain'
  | 'oidc-expired'
  | 'oidc-not-invited'
  | 'oidc-refused'
  | 'oidc-suspended'
  | 'oidc-unavailable'
  | 'oidc-unverified';

export interface OidcFailure extends Failure {
  readonly code: OidcReason;
}

export function refused(code: OidcReason, message: string): { readonly ok: false } & OidcFailure {
  return { ok: false, code, message };
}

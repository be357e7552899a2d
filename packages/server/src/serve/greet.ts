import type { Result } from '@statewire/protocol';
import type { EmbedSight, Principal } from '../lib/principal.ts';
import type { Authenticate as AuthenticateRequest } from './auth/authenticator.ts';
import { isOriginAllowed } from './auth/origin.ts';
import type { Authenticate } from './session.ts';

export interface GreetDeps {
  readonly authenticate: AuthenticateRequest;
  readonly embeds: { verify(token: string | undefined, from: EmbedSight['from']): Result<Principal> };
  readonly publicUrl: string | null;
  readonly origins: readonly string[];
}

/** Who may connect: at the door of panels by the token of an embed alone, everywhere else by everything else. */
export function createGreet({ authenticate, embeds, ...own }: GreetDeps): Authenticate {
  return async ({ bearer, cookie, isPanel, origin = null, host = null }) =>
    isPanel === true
      ? embeds.verify(bearer, { origin, isOwn: isOriginAllowed({ origin, host }, own) })
      : // The door has compared the Origin with the Host already, before it let the upgrade through.
        authenticate({ bearer, cookie, isSafe: true });
}

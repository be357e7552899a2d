/**
 * What an API key may do: what it was given, and of that what the person it answers to may do themselves. It is worked out
 * from what holds now, so that a key never outlives the power it was made with, and is whole again when its maker is.
 */
import { allowsAnywhere, beyond, common, type Scope } from '@statewire/model';
import type { ApiKey } from './api-key.ts';

/** What a key may do now. */
export interface Holding {
  readonly permissions: readonly string[];
  /** The same in the words of scopes, for apps' rules. */
  readonly scopes: readonly Scope[];
  /** How much that is of what it was given. */
  readonly extent: 'all' | 'none' | 'some';
}

export interface KeyHoldingDeps {
  readonly ofScopes: (scopes: readonly Scope[]) => readonly string[];
  /** What an account may do in an organization; null: nothing. */
  readonly standingIn: (account: string, org: string) => { readonly permissions: readonly string[] } | null;
}

export function createHoldingOf({ ofScopes, standingIn }: KeyHoldingDeps): (key: ApiKey) => Holding {
  // Both lists stay the same objects until somebody is given another role, and a key is asked for with each request.
  const known = new WeakMap<readonly string[], WeakMap<readonly string[], Holding>>();
  return ({ scope, permissions, answersTo, org }) => {
    const given = scope === null ? (permissions ?? NOTHING) : ofScopes([scope]);
    const held = answersTo === null ? given : (standingIn(answersTo, org)?.permissions ?? NOTHING);
    const ofGiven = known.get(given) ?? new WeakMap<readonly string[], Holding>();
    known.set(given, ofGiven);
    let holding = ofGiven.get(held);
    if (holding === undefined) {
      holding = between(given, held, scope);
      ofGiven.set(held, holding);
    }
    return holding;
  };
}

function between(given: readonly string[], held: readonly string[], scope: Scope | null): Holding {
  const isWhole = beyond(held, given).length === 0;
  const permissions = isWhole ? given : common(given, held);
  const words = (['read', 'report'] as const).filter((word) => allowsAnywhere(permissions, word));
  const extent = permissions.length === 0 ? 'none' : isWhole ? 'all' : 'some';
  return { permissions, scopes: isWhole && scope !== null ? [scope] : words, extent };
}

const NOTHING: readonly string[] = Object.freeze([]);

import type { Env } from '../env.ts';
import type { TokenSource } from '../session/driver.ts';
import type { Keep } from '../state/keep.ts';
import { Keeper, type OfflineOptions } from './keeper.ts';

/** What keeps rows and commands between pages; null when nobody wants it, or there is nowhere to. Touches no disk yet. */
export function openKeep(
  env: Env,
  wish: {
    readonly offline: boolean | OfflineOptions;
    readonly url: string;
    readonly token: TokenSource;
  },
): Keep | null {
  const { offline, url, token } = wish;
  if (offline === false || env.store === undefined) return null;
  const credential = token === undefined ? 'cookie' : typeof token === 'function' ? 'function' : 'fixed';
  const options = offline === true ? {} : offline;
  return new Keeper({ env, store: env.store, endpoint: url, credential, options });
}

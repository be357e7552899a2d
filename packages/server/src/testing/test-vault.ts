import { Vault } from '../lib/vault.ts';

/** A vault with a key of its own that touches no disk. */
export function testVault(key = 'a key for tests, long enough to be one'): Vault {
  return Vault.open({ dir: '', keys: [key] });
}

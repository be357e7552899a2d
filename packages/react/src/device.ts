import { deviceIn } from '@statewire/client/look';

let known: string | null = null;

/** This browser as one reader: the same for the life of the page, and mostly for that of the browser profile. */
export function deviceId(): string {
  known ??= deviceIn(() => globalThis.localStorage);
  return known;
}

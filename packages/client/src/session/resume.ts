import { PROTOCOL_VERSION, type Hello, type Sub } from '@statewire/protocol';

/** Bytes of a `hello`; what does not fit follows in frames of its own. A message may have 64 KiB. */
const HELLO_BYTES_MAX = 49_152;

/** What opens a connection: one `hello` with as many subscriptions as fit, and the rest. */
export interface Opening {
  readonly hello: Hello;
  readonly rest: readonly Sub[];
}

/** Packs all subscriptions, each with its position, into the first message, to save a round trip. */
export function openingOf(
  who: { readonly token: string | undefined; readonly client: string; readonly tab: string },
  subs: readonly Sub[],
): Opening {
  const inlined: Sub[] = [];
  const rest: Sub[] = [];
  let room = HELLO_BYTES_MAX - (who.token?.length ?? 0) - 256;
  for (const sub of subs) {
    // Three bytes per UTF-16 unit is the most UTF-8 can need.
    const bytes = JSON.stringify(sub).length * 3;
    if (bytes <= room && rest.length === 0) {
      room -= bytes;
      inlined.push(sub);
    } else {
      rest.push(sub);
    }
  }
  const { token, client, tab } = who;
  const hello: Hello = { t: 'hello', p: PROTOCOL_VERSION, client, tab, ...(token === undefined ? {} : { token }) };
  return { hello: inlined.length === 0 ? hello : { ...hello, subs: inlined }, rest };
}

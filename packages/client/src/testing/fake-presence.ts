import type { Json, JsonObject, Mut } from '@statewire/protocol';

/** What the fake server does for `enter` and `leave`: each stay of a test is one caller's, at one place one record. */
export class FakePresence {
  readonly #stays = new Map<string, { readonly at: string; readonly state: string }>();

  /** The command's record: its fields while anybody stays, or null. The id is the same for a caller at a place. */
  take({ k, name, f = {} }: Mut, who: string, now: number): Told | null {
    const before = this.#stays.get(k);
    if (name === 'enter') this.#stays.set(k, { at: wordOf(f['at']), state: wordOf(f['state'], 'active') });
    else this.#stays.delete(k);
    const at = name === 'enter' ? wordOf(f['at']) : before?.at;
    if (at === undefined) return null;
    const states = [...this.#stays.values()].filter((stay) => stay.at === at).map(({ state }) => state);
    const state = states.includes('active') ? 'active' : 'idle';
    const fields = { who, name: who, kind: 'user', at, state, since: now };
    return { id: `${who}-at-${at.replaceAll(/[^\w.-]/gu, '-')}`, fields: states.length === 0 ? null : fields };
  }
}

function wordOf(value: Json | undefined, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

interface Told {
  readonly id: string;
  readonly fields: JsonObject | null;
}

import type { Look, Preferences } from '@statewire/model';
import { useEffect } from 'react';
import { adoptLook, type LookPart, lookNow, lookThrough } from '../lib/look.ts';
import { useMe } from '../lib/me.ts';
import { failedToast } from '../parts/toast.tsx';
import { savePreferences } from './command.ts';
import { useRows } from './rows.ts';

/** Keeps the look of this tab and that of the person's preferences the same. Draws nothing. */
export function LookKeeper(): null {
  const { me } = useMe();
  const { rows, isLoading } = useRows('preferences');
  const own = rows[0] ?? null;
  useEffect(() => {
    const keeper = new Keeper(me.id);
    lookThrough((part) => keeper.tell(part));
    keepers.set(me.id, keeper);
    return () => {
      lookThrough(null);
      keepers.delete(me.id);
    };
  }, [me.id]);
  useEffect(() => {
    if (!isLoading) keepers.get(me.id)?.see(own);
  }, [me.id, own, isLoading]);
  return null;
}

const keepers = new Map<string, Keeper>();

/**
 * What is chosen goes to the server one after the other; meanwhile what comes from there is older than what is shown, and
 * waits.
 */
class Keeper {
  readonly #person: string;
  #own: Preferences | null = null;
  #isKnown = false;
  #isBusy = false;
  #unsaid: LookPart | null = null;
  /** The version in which the last choice is. */
  #since = 0;

  constructor(person: string) {
    this.#person = person;
  }

  see(own: Preferences | null): void {
    this.#isKnown = true;
    this.#own = own;
    if (!this.#isBusy && this.#unsaid === null) this.#adopt();
    void this.#say();
  }

  tell(part: LookPart): void {
    this.#unsaid = { ...this.#unsaid, ...part };
    void this.#say();
  }

  async #say(): Promise<void> {
    if (!this.#isKnown || this.#isBusy || this.#unsaid === null) return;
    // With the first choice goes what this browser kept until now: it was theirs, too.
    const look = lookIn(this.#own) === null ? lookNow() : this.#unsaid;
    this.#unsaid = null;
    this.#isBusy = true;
    const { version, problem } = await savePreferences(this.#own?.id ?? null, { look: { ...look } });
    this.#isBusy = false;
    if (version !== null) this.#since = version;
    if (problem !== null) {
      failedToast(problem);
      // As the server has it: a choice that is not kept must not look kept.
      this.#since = 0;
      if (this.#unsaid === null) this.#adopt();
    }
    void this.#say();
  }

  #adopt(): void {
    if ((this.#own?.version ?? 0) >= this.#since) adoptLook(lookIn(this.#own), this.#person);
  }
}

/** Null: never said, also in a record that an earlier release made, which has no such field. */
function lookIn(own: Partial<Pick<Preferences, 'look'>> | null): Look | null {
  return own?.look ?? null;
}

/**
 * Keeps rows and commands between pages. Everything on the shelf lies under whom the server named (`who`); beside it lies whom
 * it named last (`me`), which is the only thing a page has to go by before the server speaks.
 *
 * - A credential that says whose it is goes before `me`: another one's rows are not even looked for.
 * - Each write holds only while the caller's mark is the one this tab knows: one mark for rows, one for commands. Signing out
 *   takes both away, so that another tab that still lives writes nothing back; somebody else's arrival takes the one for rows.
 * - Whatever fails turns keeping off, or what was being kept: nobody outside ever sees an error of it.
 *
 * No decision about showing, sending or resuming is made here: see ../session/driver.ts and ../views/views.ts.
 */
import type { Welcome } from '@statewire/protocol';
import { identityOf } from '../connect/identity.ts';
import type { Env, Signal, Timer } from '../env.ts';
import type { Refusal } from '../state/commands.ts';
import type { Given } from '../state/given.ts';
import type { Keep, KeepHost, KeptView, OpenTold } from '../state/keep.ts';
import { digest } from './digest.ts';
import { KeptCommands, leaseKey, readLeft, type Left } from './kept-commands.ts';
import { KeptViews, viewPrefixes } from './kept-views.ts';
import type { Entry, Shelf, Store } from './shelf.ts';
import { readMe, type Me } from './written.ts';

/** How much is kept, and of whom. */
export interface OfflineOptions {
  /** Bytes of rows. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Rows older than this are not shown again, ms. Default 7 days. */
  readonly maxAgeMs?: number | undefined;
  /** Keeps apart what apps or accounts of one origin keep. Default: the address of the server alone. */
  readonly name?: string | undefined;
}

export interface KeeperDeps {
  readonly env: Env;
  readonly store: Store;
  /** The address of the server. */
  readonly endpoint: string;
  /** Where credentials come from: a function may give another one each time, and may fail. */
  readonly credential: 'cookie' | 'fixed' | 'function';
  readonly options: OfflineOptions;
}

export class Keeper implements Keep {
  who: string | null = null;
  readonly #deps: KeeperDeps;
  readonly #commands = new KeptCommands();
  #views: KeptViews | null = null;
  #host: KeepHost | null = null;
  #shelf: Shelf | null = null;
  #isStarted = false;
  #isOff = false;
  /** There is no room for rows. */
  #isFull = false;
  #isClosed = false;
  /** Everything on the shelf is done one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #me: Me | null = null;
  /** Who is calling, once the server has said it. */
  #named: string | null = null;
  #owner: Owner | null = null;
  #claim: string | null = null;
  #hasClaimed = false;
  readonly #onClaim: (() => void)[] = [];
  /** Ends of the looks for views that are under way. */
  readonly #looking = new Set<(kept: KeptView | null) => void>();
  readonly #onLooked: (() => void)[] = [];
  #timer: Timer | null = null;
  #stopListening: (() => void) | null = null;
  #isFlushing = false;
  #locks = new Map<string, { readonly release: () => void }>();
  /** Tabs whose commands are in this one's hands. */
  readonly #adopted = new Set<string>();
  #ticks = 0;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  attach(host: KeepHost): void {
    this.#host = host;
    const { options } = this.#deps;
    this.#views = new KeptViews({
      now: () => host.now(),
      tab: host.tab,
      maxBytes: options.maxBytes ?? 16_777_216,
      maxAgeMs: options.maxAgeMs ?? 604_800_000,
    });
  }

  callsAs(token: string | undefined): void {
    const { credential } = this.#deps;
    const says = identityOf(token) ?? (credential === 'fixed' ? (token ?? null) : null);
    this.#claim = credential === 'cookie' ? 'cookie' : says === null ? null : digest(says);
    if (this.#hasClaimed) return;
    this.#hasClaimed = true;
    for (const fn of this.#onClaim.splice(0)) fn();
    void this.#run(async (shelf) => {
      const who = this.#assumed();
      if (who === null || this.#named !== null) return;
      await this.#own(shelf, who);
      await this.#adopt(shelf, who);
      await this.#flush(shelf);
    });
  }

  load(key: string, use: (kept: KeptView | null) => void): void {
    let late: Timer | null = null;
    const end = (kept: KeptView | null): void => {
      if (!this.#looking.delete(end)) return;
      late?.cancel();
      use(kept);
      if (this.#looking.size === 0) for (const fn of this.#onLooked.splice(0)) fn();
    };
    this.#looking.add(end);
    const look = (): void => {
      // A disk that does not answer must not keep anybody from the server.
      late = this.#deps.env.after(LOAD_MS_MAX, () => end(null));
      void this.#run(async (shelf) => {
        const who = this.#named ?? this.#assumed();
        const kept = who === null ? null : await this.#views?.load(shelf, who, key);
        // Meanwhile the server may have named somebody else.
        const isTheirs = this.#named === null ? who === this.#assumed() : who === this.#named;
        if (kept === undefined || kept === null || !isTheirs || !this.#looking.has(end)) return;
        if (this.#named === null) this.who = who;
        end(kept);
      }).then(() => end(null));
    };
    if (this.#hasClaimed) look();
    else this.#onClaim.push(look);
  }

  looking(): Promise<void> | null {
    if (this.#looking.size === 0) return null;
    return new Promise((resolve) => {
      this.#onLooked.push(resolve);
    });
  }

  welcomed({ who, org }: Pick<Welcome, 'who' | 'org'>): void {
    const isOther = this.#named !== who;
    this.#named = who;
    this.who = null;
    const me: Me = { who, org, claim: this.#claim, offsetMs: Math.round(this.#host?.offsetMs() ?? 0) };
    void this.#run(async (shelf) => {
      if (this.#named !== who) return;
      await this.#introduce(shelf, me);
      if (isOther || this.#owner?.hasRows !== true) await this.#own(shelf, who);
      this.#arm();
      if (this.#owner === null) return;
      this.#commands.moveTo(who, [...(this.#host?.waiting() ?? [])]);
      await this.#flush(shelf);
      await this.#adopt(shelf, who);
    });
  }

  denied(): void {
    const who = this.#named ?? this.#me?.who ?? null;
    this.#named = null;
    this.who = null;
    void this.#run(async (shelf) => {
      const gone = who ?? this.#me?.who ?? null;
      this.#owner = null;
      this.#views?.forget();
      this.#letGo();
      if (gone === null) return;
      this.#me = null;
      await shelf.write({ drop: ['me', rowMark(gone)], dropAll: viewPrefixes(gone) });
    });
  }

  given(given: Given): void {
    this.#commands.given(given);
    this.#flushSoon();
  }

  settled(m: string, refusal: Refusal | null): void {
    this.#commands.settled(m, refusal);
    this.#flushSoon();
  }

  seen(m: string): void {
    this.#commands.seen(m);
    this.#flushSoon();
  }

  async wipe(): Promise<void> {
    const named = this.#named;
    this.#named = null;
    this.who = null;
    this.#commands.clear();
    this.#isOff = false;
    const wiped = this.#run(async (shelf) => {
      const who = named ?? this.#me?.who ?? null;
      this.#owner = null;
      this.#me = null;
      this.#views?.forget();
      this.#commands.clear();
      this.#letGo();
      // Nobody was ever named: whatever lies there is nobody's.
      await shelf.write({ drop: ['me'], dropAll: [who === null ? '' : `${who}/`] });
    });
    let late: Timer | null = null;
    // A disk that does not answer keeps nobody from signing out.
    await Promise.race([
      wiped,
      new Promise<void>((resolve) => {
        late = this.#deps.env.after(LOAD_MS_MAX, resolve);
      }),
    ]);
    cancel(late);
  }

  close(): void {
    const views = [...(this.#host?.views() ?? [])];
    if (this.#hasClaimed)
      void this.#run((shelf) => this.#save(shelf, 0, views)).then(() => {
        this.#shelf?.close();
        this.#shelf = null;
      });
    this.#isClosed = true;
    this.#stop();
    this.#letGo();
    this.#giveUpLooking();
  }

  /** Does something on the shelf when everything before it is done. What fails turns keeping off. */
  #run(job: (shelf: Shelf) => Promise<unknown>): Promise<void> {
    const isLate = this.#isClosed;
    const run = async (): Promise<void> => {
      if (this.#isOff || isLate) return;
      try {
        const shelf = await this.#start();
        if (!this.#isOff) await job(shelf);
      } catch {
        // No room, no permission, no disk: the app goes on as if nothing were kept.
        this.#off();
      }
    };
    this.#turn = this.#turn.then(run, run);
    return this.#turn;
  }

  async #start(): Promise<Shelf> {
    const { store, endpoint, options, env } = this.#deps;
    this.#shelf ??= await store.open(`statewire ${endpoint}${options.name === undefined ? '' : ` ${options.name}`}`);
    if (this.#isStarted) return this.#shelf;
    this.#isStarted = true;
    const [[entry] = []] = await this.#shelf.read('me');
    this.#me = readMe(entry?.[1]);
    if (this.#me !== null) this.#host?.assumeOffset(this.#me.offsetMs);
    if (!this.#isClosed) {
      this.#live();
      this.#stopListening = env.listen((signal) => this.#hear(signal));
    }
    return this.#shelf;
  }

  /** Whom the server named last, unless the credential speaks for somebody else. */
  #assumed(): string | null {
    if (!this.#hasClaimed || this.#me === null) return null;
    return this.#claim === null || this.#claim === this.#me.claim ? this.#me.who : null;
  }

  /** Writes down whom the server named. Rows of whomever it named before go: this is not their browser now. */
  async #introduce(shelf: Shelf, me: Me): Promise<void> {
    const [[entry] = []] = await shelf.read('me');
    const before = readMe(entry?.[1]);
    const gone = before !== null && before.who !== me.who ? before.who : null;
    this.#me = me;
    await shelf.write({
      put: [['me', JSON.stringify(me)]],
      ...(gone === null ? {} : { drop: [rowMark(gone)], dropAll: viewPrefixes(gone) }),
    });
  }

  /** Takes the caller's marks, or makes them. */
  async #own(shelf: Shelf, who: string): Promise<void> {
    if (this.#owner?.who !== who) {
      this.#views?.forget();
      this.#letGo();
      this.#live();
    }
    for (const key of [rowMark(who), commandMark(who)])
      await shelf.write({ when: [[key, null]], put: [[key, this.#deps.env.uniqueId()]] });
    const [[rows] = [], [commands] = []] = await shelf.read(rowMark(who), commandMark(who));
    this.#owner = rows === undefined || commands === undefined ? null : { who, rows, commands, hasRows: true };
  }

  /** Looks for commands of tabs that are no more. */
  async #adopt(shelf: Shelf, who: string): Promise<void> {
    const { lock } = this.#deps.env;
    for (const [tab, left] of await readLeft(shelf, who)) {
      if (tab === this.#host?.tab || this.#adopted.has(tab)) continue;
      if (lock === undefined) {
        if (await this.#takeLease(shelf, who, tab, left.seenAt)) this.#take(who, tab, left);
      } else if (!this.#locks.has(tab) && this.#locks.size < LOCKS_MAX) {
        // Held as soon as the tab is gone, at once or in an hour; until then it speaks for itself.
        const dead = (): void =>
          void this.#run(async (now) => {
            if (this.#owner?.who !== who) return;
            const there = (await readLeft(now, who)).get(tab);
            if (there !== undefined) this.#take(who, tab, there);
            else this.#release(tab);
          });
        this.#lock(tab, dead);
      }
    }
  }

  #take(who: string, tab: string, { given, refused }: Left): void {
    if (this.#owner?.who !== who || (this.#named !== null && this.#named !== who)) return;
    this.#adopted.add(tab);
    for (const { m } of given) this.#commands.adopted(who, m);
    if (this.#named === null) this.who = who;
    this.#host?.restore(given, refused);
  }

  /** Without locks a tab says now and then that it lives; one that has not for a while is gone. */
  async #takeLease(shelf: Shelf, who: string, tab: string, seenAt: string | null): Promise<boolean> {
    const age = this.#deps.env.now() - Number(seenAt ?? 0);
    if (seenAt !== null && age >= 0 && age < LEASE_MS_MAX) return false;
    const key = leaseKey(who, tab);
    return shelf.write({ when: [[key, seenAt]], put: [[key, String(this.#deps.env.now())]] });
  }

  #leases(): readonly Entry[] {
    if (this.#deps.env.lock !== undefined || this.#owner === null || this.#host === null) return [];
    const { who } = this.#owner;
    const now = String(this.#deps.env.now());
    return [this.#host.tab, ...this.#adopted].map((tab) => [leaseKey(who, tab), now]);
  }

  /** Says for as long as this tab lives that it does. */
  #live(): void {
    const { tab = '' } = this.#host ?? {};
    if (!this.#locks.has(tab)) this.#lock(tab, () => undefined);
  }

  #lock(tab: string, held: () => void): void {
    // What the disk was asked before the end may be answered after it; nobody would give this lock up.
    if (this.#isClosed) return;
    const lost = (): void => void this.#locks.delete(tab);
    const lock = this.#deps.env.lock?.(`statewire.tab.${tab}`, { steal: false }, { held, lost });
    if (lock !== undefined) this.#locks.set(tab, lock);
  }

  #release(tab: string): void {
    this.#locks.get(tab)?.release();
    this.#locks.delete(tab);
  }

  /** Other tabs may speak for this one, and for those it spoke for. */
  #letGo(): void {
    for (const lock of this.#locks.values()) lock.release();
    this.#locks.clear();
    this.#adopted.clear();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    void this.#run(async (shelf) => {
      this.#isFlushing = false;
      await this.#flush(shelf);
    });
  }

  async #flush(shelf: Shelf): Promise<void> {
    this.#isFlushing = false;
    const owner = this.#owner;
    // Nobody to write for yet: it waits.
    if (owner === null || !this.#commands.isDue) return;
    const isDone = await this.#commands.flush(shelf, owner.who, { mark: owner.commands, also: this.#leases() });
    if (!isDone) this.#owner = null;
  }

  async #save(
    shelf: Shelf,
    asOfMs: number,
    views: readonly OpenTold[] = [...(this.#host?.views() ?? [])],
  ): Promise<void> {
    const owner = this.#owner;
    // What is told now is the present caller's alone.
    const stands = (): boolean => owner !== null && this.#owner === owner && this.#named === owner.who;
    if (owner === null || !owner.hasRows || this.#views === null || this.#isFull) return;
    for (const view of views) {
      if (!stands()) return;
      try {
        if (await this.#views.save(shelf, { who: owner.who, mark: owner.rows }, view, { asOfMs, stands })) continue;
      } catch {
        // No room, most likely: what waits is worth more than what was seen.
        this.#isFull = true;
        await shelf.write({ dropAll: viewPrefixes(owner.who) });
        return;
      }
      const [[mark] = []] = await shelf.read(owner.rows[0]);
      if (mark?.[1] === owner.rows[1]) continue;
      // Somebody has signed out meanwhile, or in, in another tab.
      owner.hasRows = false;
      return;
    }
  }

  #tick(): void {
    this.#ticks += 1;
    void this.#run(async (shelf) => {
      await this.#save(shelf, AS_OF_MS);
      const owner = this.#owner;
      if (owner === null || this.#ticks % TICKS_TO_LOOK > 0) return;
      await this.#adopt(shelf, owner.who);
      const leases = this.#commands.isHolding ? this.#leases() : [];
      if (leases.length > 0) await shelf.write({ when: [owner.commands], put: leases });
    });
  }

  #arm(): void {
    if (this.#timer !== null || this.#isClosed || this.#isOff) return;
    const ring = (): void => {
      this.#timer = this.#deps.env.after(SAVE_MS, ring);
      this.#tick();
    };
    this.#timer = this.#deps.env.after(SAVE_MS, ring);
  }

  #hear(signal: Signal): void {
    if (signal === 'hidden' || signal === 'pagehide') void this.#run((shelf) => this.#save(shelf, 0));
    if (signal === 'pagehide') {
      // A page that holds a lock is not cached; one that comes back goes on under the same ids.
      for (const lock of this.#locks.values()) lock.release();
      this.#locks.clear();
      const { who } = this.#owner ?? {};
      if (who !== undefined && this.#deps.env.lock === undefined)
        void this.#run((shelf) =>
          shelf.write({ drop: [this.#host?.tab ?? '', ...this.#adopted].map((tab) => leaseKey(who, tab)) }),
        );
    }
    if (signal === 'pageshow') {
      this.#live();
      // Also said of a page that was never away; a second wish for a lock would be nobody's to give up.
      for (const tab of this.#adopted) if (!this.#locks.has(tab)) this.#lock(tab, () => undefined);
    }
  }

  #off(): void {
    this.#isOff = true;
    this.#owner = null;
    this.#stop();
    this.#letGo();
    this.#giveUpLooking();
  }

  #giveUpLooking(): void {
    for (const end of this.#looking) end(null);
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#stopListening?.();
    this.#stopListening = null;
  }
}

/** Whom this tab may write for, and the marks that say so. */
interface Owner {
  readonly who: string;
  readonly rows: Entry;
  readonly commands: Entry;
  /** The mark for rows is still there. */
  hasRows: boolean;
}

function rowMark(who: string): string {
  return `${who}/marks/rows`;
}

function commandMark(who: string): string {
  return `${who}/marks/commands`;
}

function cancel(timer: Timer | null): void {
  timer?.cancel();
}

/** How long a page waits for its disk. */
const LOAD_MS_MAX = 1_500;
/** Between two looks at what is to be written. */
const SAVE_MS = 2_000;
/** How much the time of proof alone must move to be written. */
const AS_OF_MS = 15_000;
/** Tabs that are waited for at once. */
const LOCKS_MAX = 64;
/** Looks between two looks for tabs that are no more. */
const TICKS_TO_LOOK = 5;
/** Without locks: a tab that has not said for so long that it lives is gone. */
const LEASE_MS_MAX = 30_000;

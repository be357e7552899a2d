/**
 * What the clients of one server saw. For each client and record the newest update is remembered; from the order of
 * updates, which both sides know, follows how many updates a step covers: one when each was sent, more when several
 * of one record were merged into its newest value.
 */
import { recordOf, type Workload } from '../workload.ts';

/** What was seen since the last `expect`. */
export interface Seen {
  /** Record updates that came one by one in messages. */
  readonly told: number;
  /** Updates whose outcome was seen, merged ones included. */
  readonly covered: number;
  /** Updates of watched records whose outcome no message has shown. */
  readonly missed: number;
  readonly messages: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Updates `k0` on, the first due at `t0`; those from `firstK` on are timed. `perSecond` 0: they are not due at any time. */
export interface Expected {
  readonly t0: number;
  readonly k0: number;
  readonly perSecond: number;
  readonly warmMs: number;
}

export class Tally {
  readonly #workload: Workload;
  readonly #slots: number;
  /** Place of a record among those a client watches, by client and record. */
  readonly #slotOf: Uint16Array | null;
  readonly #lastOf: Int32Array;
  readonly #watched: readonly (readonly number[])[];
  #nth: Uint32Array = new Uint32Array(1 << 16);
  #counts: Uint32Array;
  #counted = 0;
  #expected: Expected = { t0: 0, k0: 0, perSecond: 0, warmMs: 0 };
  #histogram = new Uint32Array(BUCKETS);
  #timed = 0;
  #maxMicros = 0;
  told = 0;
  covered = 0;
  messages = 0;
  bytes = 0;

  constructor(workload: Workload, watched: readonly (readonly number[])[]) {
    this.#workload = workload;
    this.#watched = watched;
    this.#slots = Math.min(workload.records, workload.perClient);
    const isAll = this.#slots === workload.records;
    this.#slotOf = isAll ? null : new Uint16Array(watched.length * workload.records);
    if (this.#slotOf !== null) {
      for (const [client, records] of watched.entries()) {
        for (const [slot, record] of records.entries()) this.#slotOf[client * workload.records + record] = slot;
      }
    }
    this.#lastOf = new Int32Array(watched.length * this.#slots).fill(-1);
    this.#counts = new Uint32Array(workload.records);
  }

  expect(expected: Expected): void {
    this.#expected = expected;
    this.#histogram.fill(0);
    this.#timed = 0;
    this.#maxMicros = 0;
    this.told = 0;
    this.covered = 0;
    this.messages = 0;
    this.bytes = 0;
  }

  /** Client `client` was shown update `k`, at `now`. */
  saw(client: number, k: number, now: number): void {
    const record = recordOf(this.#workload, k);
    const slot = this.#slotOf === null ? record : (this.#slotOf[client * this.#workload.records + record] ?? 0);
    const at = client * this.#slots + slot;
    const last = this.#lastOf[at] ?? -1;
    if (k <= last) return;
    this.#lastOf[at] = k;
    const covers = this.#nthOf(k) - (last < 0 ? 0 : this.#nthOf(last));
    this.told += 1;
    this.covered += covers;
    const { t0, k0, perSecond, warmMs } = this.#expected;
    if (perSecond === 0) return;
    const after = ((k - k0) / perSecond) * 1e6;
    if (after < warmMs * 1000) return;
    const micros = Math.max(0, now - t0 - after);
    this.#timed += 1;
    if (micros > this.#maxMicros) this.#maxMicros = micros;
    const bucket = Math.min(BUCKETS - 1, Math.floor(micros / BUCKET_MICROS));
    this.#histogram[bucket] = (this.#histogram[bucket] ?? 0) + 1;
  }

  /** A first state shows update `k` of a record: seen, and not counted. */
  held(client: number, k: number): void {
    const record = recordOf(this.#workload, k);
    const slot = this.#slotOf === null ? record : (this.#slotOf[client * this.#workload.records + record] ?? 0);
    const at = client * this.#slots + slot;
    if (k > (this.#lastOf[at] ?? -1)) this.#lastOf[at] = k;
  }

  /** `nextK`: the first update that was not written. */
  seen(nextK: number): Seen {
    return {
      told: this.told,
      covered: this.covered,
      missed: this.missed(nextK),
      messages: this.messages,
      bytes: this.bytes,
      p50Ms: this.#quantile(0.5),
      p99Ms: this.#quantile(0.99),
      maxMs: this.#maxMicros / 1000,
    };
  }

  missed(nextK: number): number {
    if (nextK > 0) this.#nthOf(nextK - 1);
    // The newest update of each record, and how many there were.
    const total = new Uint32Array(this.#workload.records);
    for (let k = 0; k < nextK; k += 1) {
      const record = recordOf(this.#workload, k);
      total[record] = (total[record] ?? 0) + 1;
    }
    let missed = 0;
    for (const [client, records] of this.#watched.entries()) {
      for (const [slot, record] of records.entries()) {
        const last = this.#lastOf[client * this.#slots + slot] ?? -1;
        missed += (total[record] ?? 0) - (last < 0 ? 0 : this.#nthOf(last));
      }
    }
    return missed;
  }

  /** Update `k` is the nth of its record, counted from 1. */
  #nthOf(k: number): number {
    if (this.#workload.order === 'round') return Math.floor(k / this.#workload.records) + 1;
    if (k >= this.#counted) this.#countTo(k);
    return this.#nth[k] ?? 0;
  }

  #countTo(k: number): void {
    if (k >= this.#nth.length) {
      const larger = new Uint32Array(Math.max(this.#nth.length * 2, k + 1));
      larger.set(this.#nth);
      this.#nth = larger;
    }
    for (; this.#counted <= k; this.#counted += 1) {
      const record = recordOf(this.#workload, this.#counted);
      const n = (this.#counts[record] ?? 0) + 1;
      this.#counts[record] = n;
      this.#nth[this.#counted] = n;
    }
  }

  #quantile(q: number): number {
    const rank = this.#timed * q;
    let sum = 0;
    for (const [bucket, count] of this.#histogram.entries()) {
      sum += count;
      if (sum >= rank && sum > 0) return ((bucket + 1) * BUCKET_MICROS) / 1000;
    }
    return 0;
  }
}

// Latencies in steps of 0.1 ms, up to 20 s.
const BUCKET_MICROS = 100;
const BUCKETS = 200_000;

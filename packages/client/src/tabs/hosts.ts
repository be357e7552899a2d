/** The groups that a shared worker leads, each as soon as a tab asks for it. */
import { ladder } from '../connect/ladder.ts';
import type { Dial, Transport } from '../connect/transport.ts';
import type { Env } from '../env.ts';
import { Host } from './host.ts';
import { readWish } from './host-wish.ts';

/** Groups that one worker leads at once; those beyond it are led by their tabs. */
export const HOSTS_MAX = 32;

export class Hosts {
  readonly #env: Env;
  readonly #dialOf: (transports: readonly Transport[] | undefined) => Dial;
  readonly #hosts = new Map<string, Host>();

  constructor(
    env: Env,
    dialOf: (transports: readonly Transport[] | undefined) => Dial = (t) => ladder(env, { transports: t }),
  ) {
    this.#env = env;
    this.#dialOf = dialOf;
  }

  /** A tab asks for something. */
  take(raw: unknown): void {
    const wish = readWish(raw);
    const { lock, channel } = this.#env;
    if (wish === null || lock === undefined || channel === undefined) return;
    const { url, group, who, transports } = wish;
    if (this.#hosts.has(group) || this.#hosts.size >= HOSTS_MAX) return;
    const env = this.#env;
    const host = new Host({
      env,
      lock,
      channel,
      dial: this.#dialOf(transports ?? undefined),
      url,
      group,
      who,
      id: env.uniqueId(),
      ended: () => {
        if (this.#hosts.get(group) === host) this.#hosts.delete(group);
      },
    });
    this.#hosts.set(group, host);
    host.start();
  }

  close(): void {
    for (const host of this.#hosts.values()) host.close();
  }
}

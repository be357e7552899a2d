import { Queue, QueueEvents, Worker, type Job } from 'bullmq';
import { createClient, type RedisClient } from 'redis';
import { followQueue } from '../../packages/adapters/src/bullmq.ts';
import type { RunReporter } from '../../packages/adapters/src/reporter.ts';
import { startRedis, type Program } from '../../packages/server/src/testing/peers/program.ts';
import { until } from '../harness/until.ts';
import { FAULT, type Peer, type Work } from './peer.ts';

/** A real queue in a real Redis, with a worker whose jobs end as they are told. */
export class BullPeer implements Peer {
  readonly wire = 'BullMQ';
  readonly collection = 'jobs';
  readonly isCancelable = false;
  readonly redis: Program;
  readonly queue: Queue;
  readonly #clients: RedisClient[];
  readonly #events: QueueEvents;
  readonly #worker: Worker;
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();

  private constructor(name: string, redis: Program, clients: RedisClient[]) {
    const [forQueue, forEvents, forWorker] = clients;
    this.redis = redis;
    this.#clients = clients;
    this.queue = new Queue(name, { connection: forQueue });
    this.#events = new QueueEvents(name, { connection: forEvents });
    this.#worker = new Worker(name, (job) => this.#work(job), { connection: forWorker, concurrency: 10 });
    for (const each of [this.queue, this.#worker]) each.on('error', () => undefined);
    this.#events.on('error', () => undefined);
  }

  /** `name`: of the queue. */
  static async start(name: string): Promise<BullPeer> {
    const redis = await startRedis();
    const clients: RedisClient[] = [];
    for (let i = 0; i < 3; i += 1) {
      const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
    }
    const peer = new BullPeer(name, redis, clients);
    await peer.#hears();
    return peer;
  }

  /** `sweepMs`: the default is longer than any test, so that it is events that tell. */
  follow(reporter: RunReporter, sweepMs: number = 600_000): { close(): void } {
    return followQueue(reporter, {
      queue: this.queue,
      events: this.#events,
      service: this.queue.name,
      sweepMs,
      answerMs: 1_000,
    });
  }

  async begin(title: string): Promise<Work> {
    const job = await this.queue.add(title, {}, { attempts: title === 'again' ? 2 : 1, removeOnFail: false });
    return this.#workOf(job, { title, kind: this.queue.name, progress: { done: 3, total: 8, message: 'row 3' } });
  }

  /** A job that is taken from the queue before anyone begins it can be canceled; one that is being worked at cannot. */
  async later(title: string): Promise<Work> {
    const job = await this.queue.add(title, {}, { delay: 3_600_000 });
    return this.#workOf(job, { title, state: 'delayed' });
  }

  async replay(reporter: RunReporter): Promise<void> {
    const follower = this.follow(reporter);
    const last = await this.begin('last');
    const isFollowed = (): boolean => reporter.has({ collection: 'jobs', id: last.id });
    await until('the second follower to have seen all', isFollowed);
    await last.end('succeed');
    await until('the second follower to have seen its end', () => !isFollowed());
    follower.close();
  }

  async close(): Promise<void> {
    this.redis.thaw();
    for (const { resolve } of this.#ends.values()) resolve();
    await Promise.all([this.#worker.close(true), this.queue.close(), this.#events.close()]);
    for (const client of this.#clients) client.destroy();
    await this.redis.stop();
  }

  /** Events from before it reads for the first time are lost, by BullMQ's own design. */
  async #hears(): Promise<void> {
    let isHeard = false;
    const heard = (): void => void (isHeard = true);
    this.#events.on('removed', heard);
    await until('events of the queue', async () => {
      const job = await this.queue.add('first', {}, { delay: 3_600_000 });
      await job.remove();
      return isHeard;
    });
    this.#events.off('removed', heard);
  }

  #workOf(job: Job, shows: object): Work {
    const id = job.id ?? '';
    return {
      id: `${this.queue.name}:${id}`,
      shows,
      end: async (how) => {
        if (how === 'cancel') return job.remove();
        // A job that is active is not yet in the hands of its worker, and one that is tried again has a new end.
        await until(`job ${id} to be worked at`, () => this.#ends.has(id));
        const end = this.#ends.get(id);
        this.#ends.delete(id);
        if (how === 'fail') end?.reject(new Error(FAULT));
        else end?.resolve();
        return undefined;
      },
    };
  }

  async #work(job: Job): Promise<void> {
    const end = Promise.withResolvers<void>();
    this.#ends.set(job.id ?? '', end);
    await job.updateProgress({ done: 3, total: 8, message: 'row 3' });
    await end.promise;
  }
}

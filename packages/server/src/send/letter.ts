/**
 * Letters: what the instance itself writes to one person (an invitation, a link for a new password), by the mail server of the
 * configuration. The same code and the same way out as the e-mail channel.
 *
 * Kept in memory alone: a letter holds a token whose hash is all that is stored. One that was lost with the process is asked for again.
 */
import { randomUUID } from 'node:crypto';
import type { Timer } from '../lib/clock.ts';
import { limits } from '../lib/limits.ts';
import type { Secrets, SendDeps } from './channels/channel.ts';
import { sendEmail } from './channels/late.ts';

/** The mail server of this instance. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly tls: 'none' | 'starttls' | 'tls';
  readonly user: string;
  readonly password: string;
  readonly from: string;
}

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Where it leads. */
  readonly link: string;
}

export interface LettersOptions extends Omit<SendDeps, 'signal'> {
  /** Null: none is configured, and an admin hands links over. */
  readonly mail: MailServer | null;
  readonly onError: (error: unknown, what: string) => void;
}

export class Letters {
  readonly #options: LettersOptions;
  readonly #end = new AbortController();
  readonly #waiting = new Set<Timer>();
  #count = 0;

  constructor(options: LettersOptions) {
    this.#options = options;
  }

  /** Is there a mail server? */
  get isReady(): boolean {
    return this.#options.mail !== null;
  }

  /**
   * Writes a letter soon, and does not say whether: whoever asked for it must not learn from the answer, or from how long it
   * took, whether there is anybody to write to. `write` is run then; null writes none.
   */
  post(write: () => Letter | null): void {
    if (this.#options.mail === null || this.#count >= limits.lettersQueuedMax) return;
    this.#count += 1;
    this.#later(0, () => {
      const letter = write();
      if (letter === null) this.#count -= 1;
      else void this.#send(letter, 0);
    });
  }

  close(): void {
    this.#end.abort();
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  async #send(letter: Letter, tries: number): Promise<void> {
    const { mail, onError, clock, ...rest } = this.#options;
    if (mail === null) return;
    const { password, ...server } = mail;
    const id = randomUUID();
    const secrets: Secrets = { password };
    const sent = await sendEmail(
      { ...rest, clock, signal: this.#end.signal },
      { ...server, to: [letter.to], replyTo: '' },
      secrets,
      {
        key: id,
        channel: 'mail',
        kind: 'notification',
        severity: 'info',
        state: 'info',
        isLetter: true,
        title: letter.subject,
        text: letter.text,
        facts: [],
        refs: [],
        path: '/',
        thread: id,
        at: clock.now(),
        link: letter.link,
      },
    );
    const wait = WAITS_MS[tries];
    if (sent.ok || sent.code === 'aborted') {
      this.#count -= 1;
    } else if (sent.retry === 'later' && wait !== undefined) {
      this.#later(wait, () => void this.#send(letter, tries + 1));
    } else {
      this.#count -= 1;
      // Neither the address nor the link: both are somebody's.
      onError(new Error(`${sent.code}: ${sent.message}`), 'a letter could not be sent');
    }
  }

  #later(ms: number, run: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#waiting.delete(timer);
      run();
    });
    this.#waiting.add(timer);
  }
}

/** After a failure that may pass. A link is good for an hour; whoever waits longer than this asks again. */
const WAITS_MS = [5_000, 30_000, 120_000];

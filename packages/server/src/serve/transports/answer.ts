/**
 * A session's messages as the body of one HTTP answer: a stream of events, or a list that ends. The head of the answer
 * waits for the session's first word, so that who is not let in gets a status and a problem document like everywhere.
 */
import { ok, refuse, toAscii, type Result } from '@statewire/protocol';
import type { Message } from '../../publish/message.ts';
import type { Transport } from './transport.ts';

/** How messages stand in a body. */
export interface AnswerForm {
  readonly first: string;
  /** The `i`th message, from 0. */
  message(text: string, i: number): string;
  readonly last: string;
}

export interface AnswerOptions {
  readonly form: AnswerForm;
  readonly queueBytes: number;
  readonly sid?: string | undefined;
  /** Hears each message before it is written; false leaves it out. */
  readonly hears?: ((text: string) => boolean) | undefined;
  /** The session said something; called outside its own turn. */
  readonly onSaid?: (() => void) | undefined;
  /** What was written so far has been taken. */
  readonly onTaken?: (() => void) | undefined;
  /** Once, whichever side ended it; `isCut` when it was the caller. */
  readonly onEnd: (isCut: boolean) => void;
}

export class AnswerTransport implements Transport {
  readonly sid: string | undefined;
  /** Whether the session let the caller in. */
  readonly opened: Promise<Result<null>>;
  readonly body: ReadableStream<Uint8Array>;
  /** Data frames the session gave so far; they are counted by the session's window. */
  dataFrames = 0;
  readonly #options: AnswerOptions;
  readonly #open: (result: Result<null>) => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isOpen = false;
  #isOver = false;
  #isSaying = false;
  #count = 0;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.sid = options.sid;
    const { promise, resolve } = Promise.withResolvers<Result<null>>();
    this.opened = promise;
    this.#open = resolve;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        // Later, because whoever hears it speaks to the session, which may be in the middle of writing.
        pull: () => void later(() => !this.#isOver && options.onTaken?.()),
        cancel: () => this.#end(true),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: options.queueBytes }),
    );
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get queuedBytes(): number {
    return this.#isOver ? 0 : Math.max(0, this.#options.queueBytes - (this.#controller?.desiredSize ?? 0));
  }

  send(messages: readonly Message[]): void {
    const [first] = messages;
    if (this.#isOver || first === undefined) return;
    if (!this.#isOpen) {
      if (!isKind(first.text, 'welcome')) {
        this.#open(refusalIn(first.text));
        return;
      }
      this.#isOpen = true;
      this.#write(this.#options.form.first);
      this.#open(ok(null));
    }
    let all = '';
    for (const { text } of messages) {
      if (isKind(text, 'd') || isKind(text, 's')) this.dataFrames += 1;
      if (this.#options.hears?.(text) ?? true) all += this.#formed(text);
    }
    this.#write(all);
    if (this.#isSaying) return;
    this.#isSaying = true;
    void later(() => {
      this.#isSaying = false;
      if (!this.#isOver) this.#options.onSaid?.();
    });
  }

  /** Bytes between two messages that say nothing: they keep the way open. */
  fill(text: string): void {
    if (!this.#isOver && this.#isOpen) this.#write(text);
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    if (this.#isOpen) this.#write(this.#formed(toAscii(JSON.stringify({ t: 'end', code, reason }))));
    this.finish();
  }

  /** Ends the answer where it is complete. */
  finish(): void {
    if (this.#isOver) return;
    if (this.#isOpen) this.#write(this.#options.form.last);
    this.#end(false);
  }

  destroy(): void {
    this.#end(true);
  }

  #formed(text: string): string {
    this.#count += 1;
    return this.#options.form.message(text, this.#count - 1);
  }

  #write(text: string): void {
    if (text !== '') this.#controller?.enqueue(Buffer.from(text, 'latin1'));
  }

  #end(isCut: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#open(refuse('unavailable', 'the session ended before it began; try again'));
    if (!isCut) this.#controller?.close();
    this.#controller = null;
    this.#options.onEnd(isCut);
  }
}

/** Is this text a message of that kind? All that the server makes begin with their kind. */
export function isKind(text: string, t: string): boolean {
  return text.startsWith(`{"t":"${t}"`);
}

/** What a session that lets nobody in says first. */
function refusalIn(text: string): Result<never> {
  const said: unknown = JSON.parse(text);
  const { code, msg } = typeof said === 'object' && said !== null ? { code: null, msg: null, ...said } : {};
  if (typeof code === 'string' && typeof msg === 'string') return { ok: false, code, message: msg };
  return refuse('unavailable', 'the server is stopping; try again');
}

async function later(act: () => void): Promise<void> {
  await Promise.resolve();
  act();
}

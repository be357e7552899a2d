import type { Json } from '@statewire/protocol';
import type { Bodies, CommandOptions } from './core-collection.ts';
import { localFailure, type CommandResult } from './errors.ts';

/** One line of a bulk call. */
export type BulkLine<B extends Bodies = Bodies> =
  | { readonly op: 'create'; readonly fields: B['create']; readonly id?: string | undefined }
  | { readonly op: 'patch'; readonly id: string; readonly fields: B['patch']; readonly base?: number | undefined }
  | { readonly op: 'delete'; readonly id: string }
  | {
      readonly op: 'call';
      readonly id: string;
      readonly name: string;
      readonly args?: { readonly [name: string]: Json } | undefined;
    };

/** How the lines of a bulk call ended. */
export interface BulkResult {
  /** Was every line carried out? */
  readonly ok: boolean;
  /** One per line, in order. */
  readonly results: readonly CommandResult[];
  /** Numbers of the lines that were refused. */
  readonly failed: readonly number[];
  /** Takes back what was carried out and can be taken back, newest first. */
  readonly undo: () => Promise<readonly CommandResult[]>;
}

/** What a bulk call needs of its collection. */
interface Commands<B extends Bodies> {
  create(fields: B['create'], options: CommandOptions & { readonly id?: string | undefined }): Promise<CommandResult>;
  patch(id: string, fields: B['patch'], options: CommandOptions): Promise<CommandResult>;
  delete(id: string, options: CommandOptions): Promise<CommandResult>;
  call(id: string, name: string, args?: { readonly [name: string]: Json }): Promise<CommandResult>;
}

/** Gives many commands, a part at a time so that they leave room for others, and gathers how they ended. */
export async function giveBulk<B extends Bodies>(
  to: Commands<B>,
  lines: readonly BulkLine<B>[],
  { optimistic = false }: Pick<CommandOptions, 'optimistic'>,
): Promise<BulkResult> {
  const results: CommandResult[] = [];
  for (let from = 0; from < lines.length; from += PART_LINES_MAX) {
    const part = lines.slice(from, from + PART_LINES_MAX);
    if (from >= LINES_MAX) {
      const message = `${lines.length} lines given, limit ${LINES_MAX}; give the rest in a call of its own`;
      results.push(...part.map(() => localFailure('too_large', message)));
    } else {
      results.push(...(await Promise.all(part.map((line) => give(to, line, optimistic)))));
    }
  }
  const failed = results.flatMap((result, i) => (result.ok ? [] : [i]));
  return { ok: failed.length === 0, results, failed, undo: () => undoAll(results) };
}

/** Half of what may wait at once. */
const PART_LINES_MAX = 256;
const LINES_MAX = 5_120;

function give<B extends Bodies>(to: Commands<B>, line: BulkLine<B>, optimistic: boolean): Promise<CommandResult> {
  switch (line.op) {
    case 'create':
      return to.create(line.fields, { id: line.id, optimistic });
    case 'patch':
      return to.patch(line.id, line.fields, { base: line.base, optimistic });
    case 'delete':
      return to.delete(line.id, { optimistic });
    default:
      return to.call(line.id, line.name, line.args);
  }
}

async function undoAll(results: readonly CommandResult[]): Promise<readonly CommandResult[]> {
  const undos = results.flatMap((result) => (result.ok && result.undo !== null ? [result.undo] : [])).toReversed();
  return Promise.all(undos.map((undo) => undo()));
}

import type { JsonObject, Row } from '@statewire/protocol';
import { apiOptions, endpoint } from '../api.ts';
import { UsageError, type Command } from '../command.ts';

/** `statewire tail services status=down,degraded`: one line per change, until Ctrl-C. */
export const tail: Command = {
  name: 'tail',
  usage: 'statewire tail <collection> [field=value[,value]] ... [--json]',
  summary: 'Follow a live view in the terminal.',
  options: { ...apiOptions, json: { type: 'boolean' } },
  async run(terminal, args) {
    const [collection, ...conditions] = args.positionals;
    if (collection === undefined)
      throw new UsageError(
        'found no collection, expected one of services, connections, agents, executions, jobs, metrics',
      );
    const at = endpoint(terminal, args);
    const { createClient } = await import('@statewire/client');
    const client = createClient({ url: at.url, token: at.key, name: 'statewire-cli' });
    const seen = new Map<string, Row>();
    const failed = Promise.withResolvers<number>();
    const live = client
      .collection(collection)
      .where(Object.fromEntries(conditions.map(condition)))
      .subscribe((state) => {
        if (state.error !== null && state.status === 'denied') {
          terminal.err(`${state.error.code}: ${state.error.message}`);
          failed.resolve(1);
        }
        const here = new Set<string>();
        for (const row of state.rows) {
          here.add(row.id);
          const before = seen.get(row.id);
          if (before === row) continue;
          seen.set(row.id, row);
          terminal.out(
            args.values['json'] === true ? JSON.stringify(row) : line(before === undefined ? '+' : '~', row),
          );
        }
        for (const [id, row] of seen) {
          if (here.has(id)) continue;
          seen.delete(id);
          terminal.out(args.values['json'] === true ? JSON.stringify({ id, left: true }) : line('-', row));
        }
      });
    const code = await Promise.race([failed.promise, terminal.stopped.then(() => 0)]);
    live.close();
    client.close();
    return code;
  },
};

function condition(text: string): readonly [string, string | readonly string[]] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`found "${text}", expected field=value`);
  const values = text.slice(at + 1).split(',');
  return [text.slice(0, at), values.length === 1 ? (values[0] ?? '') : values];
}

/** What matters of any record, in one line: status or state, what it is called, why. */
function line(mark: string, row: Row): string {
  const word = textOf(row, 'status') ?? textOf(row, 'state') ?? '';
  const name = textOf(row, 'name') ?? textOf(row, 'title') ?? row.id;
  const reason = row['reason'];
  const why = isObject(reason) && word !== 'up' ? (textOf(reason, 'text') ?? '') : '';
  const progress = row['progress'];
  const pct = isObject(progress) && typeof progress['pct'] === 'number' ? `${Math.round(progress['pct'])}%` : '';
  return [mark, word.padEnd(11), `v${row.version}`.padEnd(8), name, pct, why].filter((part) => part !== '').join(' ');
}

function textOf(row: JsonObject, field: string): string | null {
  const value = row[field];
  return typeof value === 'string' ? value : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { readFile } from 'node:fs/promises';
import { apiOptions, endpoint, problem, send } from '../api.ts';
import { text, UsageError, type Command, type Terminal } from '../command.ts';
import { isDatabase, readKumaDatabase } from '../kuma-database.ts';

const FORMATS = ['uptime-kuma', 'gatus', 'statewire'] as const;

/** `statewire import backup.json --format uptime-kuma --dry-run` */
export const importFile: Command = {
  name: 'import',
  usage: 'statewire import <file> [--format uptime-kuma|gatus|statewire] [--dry-run]',
  summary:
    'Take services, channels and maintenances from Uptime Kuma or Gatus, or all that another Statewire exported.',
  options: { ...apiOptions, format: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  async run(terminal, args) {
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0)
      throw new UsageError(`found ${args.positionals.length} files, expected one`);
    const at = endpoint(terminal, args);
    const bytes = await contentOf(path);
    const isKumaDatabase = isDatabase(bytes);
    const given = text(args, 'format');
    const format = given ?? (isKumaDatabase || path.endsWith('.json') ? 'uptime-kuma' : undefined);
    if (format === undefined || !FORMATS.some((known) => known === format))
      throw new UsageError(`--format: found ${format ?? 'nothing'}, expected one of ${FORMATS.join(', ')}`);
    if (isKumaDatabase && format !== 'uptime-kuma')
      throw new UsageError(`found a database, expected a ${format} file; a kuma.db is of --format uptime-kuma`);
    const body = isKumaDatabase ? JSON.stringify(readKumaDatabase(path)) : bytes.toString('utf8');
    const isDry = args.values['dry-run'] === true;
    const answer = await send(at, {
      path: `/v1/import?format=${format}&dry_run=${isDry ? '1' : '0'}`,
      type: 'application/yaml',
      body,
    });
    if (!answer.ok) {
      terminal.err(problem(answer));
      return 1;
    }
    return show(terminal, answer.body, isDry);
  },
};

/** The database is read in place; the server is handed what stands in it. */
async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'EACCES')
    )
      throw new UsageError(`cannot read ${path}: ${error.code}`);
    throw error;
  }
}

/** One line for each thing. 0 when everything in the file was taken, 1 when something was refused. */
function show(terminal: Terminal, body: unknown, isDry: boolean): number {
  const taken = linesOf(body, 'taken');
  const left = linesOf(body, 'left');
  for (const line of taken) {
    const isOk = Reflect.get(line, 'ok') === true;
    const what = `${word(line, 'collection')}/${word(line, 'id')}  ${word(line, 'name')}`;
    terminal.out(`${isOk ? word(line, 'action') : 'REFUSED'}  ${what}${isOk ? '' : `: ${word(line, 'message')}`}`);
    const notes: unknown = Reflect.get(line, 'notes');
    if (Array.isArray(notes)) for (const note of notes) terminal.out(`        note: ${String(note)}`);
  }
  for (const line of left)
    terminal.out(
      `left    ${word(line, 'from')} ${word(line, 'name')}: ${word(line, 'reason')}. Do: ${word(line, 'do')}`,
    );
  const refused = taken.filter((line) => Reflect.get(line, 'ok') !== true).length;
  terminal.out(`${isDry ? 'would take' : 'took'} ${taken.length - refused}, refused ${refused}, left ${left.length}`);
  return refused === 0 ? 0 : 1;
}

function linesOf(body: unknown, name: string): readonly object[] {
  const list: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : [];
  return Array.isArray(list) ? list.filter((line): line is object => typeof line === 'object' && line !== null) : [];
}

function word(line: object, name: string): string {
  const value: unknown = Reflect.get(line, name);
  return typeof value === 'string' ? value : '';
}

import { parseArgs } from 'node:util';
import { beat } from './commands/beat.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { doctor } from './commands/doctor.ts';
import { exportFile } from './commands/export.ts';
import { importFile } from './commands/import.ts';
import { report } from './commands/report.ts';
import { serve } from './commands/serve.ts';
import { tail } from './commands/tail.ts';
import { UsageError, type Command, type Terminal } from './command.ts';
export { processTerminal } from './env.ts';

const commands: readonly Command[] = [serve, demo, check, report, beat, tail, importFile, exportFile, doctor];

/** Runs one command line and resolves with its exit code. */
export async function runLine(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = argv;
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(help());
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    terminal.err(`found no command "${name}"\n\n${help()}`);
    return 2;
  }
  try {
    const parsed = parseArgs({ args: rest, options: command.options, allowPositionals: true, strict: true });
    return await command.run(terminal, { values: parsed.values, positionals: parsed.positionals });
  } catch (error) {
    // parseArgs throws TypeError with codes of its own for unknown options; the rest is a fault and shown as one.
    const isUsage =
      error instanceof UsageError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
    if (!isUsage) throw error;
    terminal.err(`${error instanceof Error ? error.message : ''}\nusage: ${command.usage}`);
    return 2;
  }
}

function help(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `statewire: the live status layer for platforms\n\n${lines.join('\n')}\n\nstatewire <command> --help is not needed: a wrong call says what is right.`;
}

/**
 * `npm run bench` runs everything, `npm run bench -- fan-out` one case. Prints tables with the design's targets under
 * them, reached or not, and leaves the numbers in bench/results/<case>.json.
 *
 *     --repeats 5      how often each measurement is repeated (default 3)
 *     --minutes 10     how long the cases run that show a steady state (default 1)
 *     --profile DIR    write processor profiles of our servers there
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Case } from './cases/case.ts';
import { broadcast } from './cases/broadcast.ts';
import { catchUp } from './cases/catch-up.ts';
import { commits } from './cases/commits.ts';
import { connections } from './cases/connections.ts';
import { fanOut } from './cases/fan-out.ts';
import { history } from './cases/history.ts';
import { many } from './cases/many.ts';
import { stalled } from './cases/stalled.ts';
import { isReached, print } from './report.ts';

const CASES: readonly Case[] = [fanOut, many, broadcast, connections, stalled, catchUp, commits, history];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '1' },
    profile: { type: 'string' },
  },
});
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1 || repeats > 50) {
  throw new Error(`--repeats: found ${values.repeats}, expected 1 to 50`);
}
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 60))
  throw new Error(`--minutes: found ${values.minutes}, expected more than 0 and at most 60`);
const unknown = positionals.find((name) => CASES.every((each) => each.name !== name));
if (unknown !== undefined) {
  throw new Error(`found ${unknown}, expected one of ${CASES.map(({ name }) => name).join(', ')}`);
}
const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const started = performance.now();
say(`Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${repeats} repeats`);
let reached = 0;
let targets = 0;
for (const each of chosen) {
  const load = loadavg()[0] ?? 0;
  const results = await each.run({ repeats, minutes, profileDir: values.profile });
  for (const result of results) {
    say(print(result));
    targets += result.targets.length;
    reached += result.targets.filter(isReached).length;
  }
  const file = new URL(`./results/${each.name}.json`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  const about = {
    case: each.name,
    at: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadAtStart: load,
    repeats,
  };
  writeFileSync(fileURLToPath(file), `${JSON.stringify({ ...about, results }, null, 2)}\n`);
}
say(`\n${reached} of ${targets} targets reached, ${Math.round((performance.now() - started) / 1000)} s`);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * The commands of the documentation, run as a reader would: the `sh` blocks of a page one after the other in one shell, against a
 * server of their own. A block that cannot be run here says why beside its language: ` ```sh no-run starts a server `.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../tools/docs/snippets.ts';
import { TestServer } from './harness/server.ts';

const root = join(import.meta.dirname, '..');
const pages = ['docs/start.md', 'docs/guides/agents-by-rest.md', 'docs/concepts/status.md'];
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server.close());

test.each(pages)('the commands of %s do what the page says', async (page) => {
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8')).filter(({ language }) => language === 'sh');
  const run = blocks.filter(({ note }) => !/^no-run \w+/u.test(note));
  expect(run.length).toBeGreaterThanOrEqual(1);
  const reader = await inTheReadersPlace();
  const script = run.map(({ text, at }) => `at='${page}:${at}'\n${reader(text)}`).join('\n');
  const { code, out, err } = await bash(`${PRELUDE}\n${script}`);
  expect(code, `${err}\n${out}`).toBe(0);
  const answers = out.split('\n').filter((line) => line !== '');
  expect(answers.filter((line) => /"ok": ?false/u.test(line))).toEqual([]);
  // What a page shows as the answer is one, numbers of versions apart.
  const shown = run.flatMap(({ text }) => text.match(/(?<=^ *# )\{.*\}$/gmu) ?? []);
  expect(answers.map(unversioned)).toEqual(expect.arrayContaining(shown.map(unversioned)));
});

/** Ends at the first command that fails or is refused, and says where. `backup.sh` stands for the reader's own program. */
const PRELUDE = `
set -Eeo pipefail
trap 'echo "$at: $BASH_COMMAND" >&2' ERR
curl() {
  local fail=--fail-with-body
  if [[ " $* " == *' -f'* ]]; then fail=--show-error; fi
  command curl $fail --max-time 30 --write-out '\\n' "$@"
}
backup.sh() { true; }
`;

/** Puts the reader's server, keys and targets where the page has examples. */
async function inTheReadersPlace(): Promise<(text: string) => string> {
  const secrets = new Map<string, string>();
  for (const scope of ['read', 'report', 'admin']) {
    const { body } = await server.api('POST', '/v1/keys', { name: `the ${scope}er`, scope });
    secrets.set(scope, body.secret);
  }
  return (text) =>
    text
      .replaceAll('http://localhost:4800', server.url)
      .replaceAll(/https:\/\/[\w.]+\.example\.com/gu, server.url)
      .replaceAll(/sw_(read|report|admin)_\.\.\./gu, (_, scope: string) => secrets.get(scope) ?? '');
}

function unversioned(line: string): string {
  return line.replaceAll(/"version": ?\d+/gu, '"version":0');
}

async function bash(
  script: string,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn('bash', ['-s'], { cwd: root, stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '' } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(script);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

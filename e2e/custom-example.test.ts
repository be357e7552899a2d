/** The example as its README says to run it: the server with its collections, one program that reports, one that watches. */
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './harness/server.ts';
import { until } from './harness/until.ts';

const FOLDER = 'examples/custom-collection';
let server: TestServer;
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await TestServer.start({}, ['--collections', `${FOLDER}/collections.ts`]);
});

afterAll(async () => {
  for (const child of children) child.kill();
  await server.close();
});

async function program(command: readonly string[], scope: 'read' | 'report'): Promise<Program> {
  const { body } = await server.api('POST', '/v1/keys', { name: `the ${scope}er`, scope });
  return new Program(command, { STATEWIRE_URL: server.url, STATEWIRE_KEY: body.secret });
}

class Program {
  out = '';
  readonly ended: Promise<number | null>;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, ['--conditions=source', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.ended = new Promise((resolve) => child.once('exit', resolve));
  }
}

test('[CC2] [CC6] the example runs: what one program reports the other shows, and the command line follows', async () => {
  const watch = await program([`${FOLDER}/watch.ts`], 'read');
  const tail = await program(['packages/cli/src/main.ts', 'tail', 'deployments', '--json'], 'read');
  const deploy = await program([`${FOLDER}/deploy.ts`, 'shop', '1.4.2', '150'], 'report');
  expect(await deploy.ended, deploy.out).toBe(0);
  expect(deploy.out).toContain('done; a late failure is refused: it is done already');
  await until('the watcher to show the end', () => watch.out.includes('done     shop 1.4.2 100 % by the reporter'));
  expect(watch.out).toMatch(/running {2}shop 1\.4\.2 \d+ % by the reporter/u);
  await until('the command line to follow', () => tail.out.includes('"isOver":true'));
});

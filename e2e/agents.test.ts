/**
 * Agents are told what to do: programs in processes of their own, with the SDK and by REST, are paused, resumed and messaged.
 * Whoever is killed in between, the program or the server, nothing is lost, and each process handles each instruction once.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';
import { TestServer, type Reply } from './harness/server.ts';
import { ADMIN, signIn } from './harness/sign-in.ts';
import { until } from './harness/until.ts';

const root = join(import.meta.dirname, '..');
const NODE = [process.execPath, '--conditions=source'];
const SDK = [...NODE, 'e2e/fixtures/agent/agent.ts'];
let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await TestServer.start();
  key = (await server.api('POST', '/v1/keys', { name: 'the reporter', scope: 'report' })).body.secret;
});

afterAll(() => server.close());

test('[AI1] [AI2] [CL69] an agent with the SDK is paused, resumed and messaged, and says no to a maintenance', async () => {
  const agent = await Agent.start(SDK, 'sdk-1');
  await order('sdk-1', 'pause', { text: 'quota' });
  await until('the pause', async () => (await told('sdk-1', 1)).state === 'done');
  expect(await told('sdk-1', 1)).toMatchObject({ kind: 'pause', answer: 'did pause', by: expect.any(String) });
  expect(await row('agents', 'sdk-1')).toMatchObject({
    status: 'paused',
    phase: 'idle',
    waiting: 0,
    asked: { kind: 'pause', state: 'done' },
  });
  expect(await order('sdk-1', 'pause')).toMatchObject({ status: 410, body: { code: 'gone' } });
  await order('sdk-1', 'resume');
  await order('sdk-1', 'message', { text: 'well done' });
  await order('sdk-1', 'maintenance', { until: Date.now() + 3_600_000 });
  await until('an answer to all', async () => (await row('agents', 'sdk-1')).waiting === 0);
  expect(await told('sdk-1', 4)).toMatchObject({ state: 'refused', answer: 'not now' });
  // It said no; people meant it all the same.
  expect(await row('agents', 'sdk-1')).toMatchObject({ status: 'maintenance', phase: 'running' });
  expect(agent.handled()).toEqual([
    'sdk-1:1 pause quota',
    'sdk-1:2 resume',
    'sdk-1:3 message well done',
    'sdk-1:4 maintenance',
  ]);
});

test('[AI3] [CL69] a program that is killed between received and done leaves it to the next one', async () => {
  const first = await Agent.start(SDK, 'sdk-2', { STATEWIRE_HOLD: '1' });
  await order('sdk-2', 'message', { text: 'one' });
  await order('sdk-2', 'message', { text: 'two' });
  await until('the first to be handled', () => first.handled().length === 1);
  expect(await told('sdk-2', 1)).toMatchObject({ state: 'received' });
  expect(await told('sdk-2', 2)).toMatchObject({ state: 'sent' });
  await first.kill();
  const second = await Agent.start(SDK, 'sdk-2');
  await until('an answer to both', async () => (await row('agents', 'sdk-2')).waiting === 0);
  expect(first.handled()).toEqual(['sdk-2:1 message one']);
  expect(second.handled()).toEqual(['sdk-2:1 message one', 'sdk-2:2 message two']);
});

test('[AI2] [AI5] [CL69] a server that is killed between sent and received loses none and gives none twice', async () => {
  const agent = await Agent.start(SDK, 'sdk-3');
  const sent: string[] = [];
  for (let round = 1; round <= 4; round += 1) {
    for (const word of ['a', 'b', 'c']) {
      const text = `${round}${word}`;
      expect(await order('sdk-3', 'message', { text })).toMatchObject({ status: 200 });
      sent.push(text);
    }
    // The last one was answered this instant: it is sent, and in most rounds nobody has received it.
    await server.kill();
    await server.launch();
  }
  await until('an answer to all', async () => (await row('agents', 'sdk-3')).waiting === 0);
  expect(agent.handled().map((line) => line.split(' ').at(-1))).toEqual(sent);
  for (let number = 1; number <= sent.length; number += 1) {
    expect(await told('sdk-3', number)).toMatchObject({ state: 'done', answer: 'did message' });
  }
}, 240_000);

test.each([
  { name: 'node', command: [process.execPath, 'examples/agent-node-rest/instructions.mjs'] },
  { name: 'python', command: ['python3', 'examples/agent-python/instructions.py'] },
])(
  '[AI7] by REST in $name: told, killed, the server killed, told again',
  async ({ name, command }) => {
    const id = `rest-${name}`;
    const first = await Agent.start(command, id);
    await order(id, 'pause');
    await until('the pause', async () => (await row('agents', id)).phase === 'idle');
    expect(await told(id, 1)).toMatchObject({ state: 'done', answer: expect.stringMatching(/^paused at \d+$/u) });
    await order(id, 'resume');
    await until('going on', async () => (await row('agents', id)).phase === 'running');
    // Both are away when it is told; the answer is the next process's.
    await first.kill();
    await order(id, 'message', { text: 'hello' });
    await server.kill();
    const second = Agent.of(command, id);
    await server.launch();
    await until('the message', async () => (await told(id, 3)).state === 'done');
    await order(id, 'maintenance', { until: Date.now() + 3_600_000 });
    await until('a refusal', async () => (await told(id, 4)).state === 'refused');
    expect(await told(id, 3)).toMatchObject({ answer: 'understood: hello' });
    expect(first.out).not.toContain('message');
    expect(second.out.match(/message: done/gu)).toHaveLength(1);
    expect(second.out).not.toContain('pause');
  },
  240_000,
);

test('[AI1] [AI2] in a browser: paused with a click, the answer is seen as it comes, and a message is written', async () => {
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const context = await browser.newContext();
  await signIn(context, server);
  const page = await context.newPage();
  const agent = await Agent.start(SDK, 'sdk-5', { STATEWIRE_HOLD: '1' });
  await page.goto(`${server.url}/agents/sdk-5`);
  await page.getByRole('heading', { name: 'SDK agent' }).waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  // It has received it and is still at work, until it is let go.
  await page.getByText('Asked to pause, still running').waitFor();
  await page.getByText('Received', { exact: true }).waitFor();
  agent.go();
  await page.getByText('Did pause: did pause').waitFor();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Message', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('mind the gap');
  await page.getByRole('button', { name: 'Send' }).click();
  await until('the message', () => agent.handled().length === 2);
  agent.go();
  await page.getByText('“did message”').waitFor();
  expect(await told('sdk-5', 2)).toMatchObject({ state: 'done', text: 'mind the gap', by: ADMIN.name });

  // From the list, by keyboard alone.
  await page.goto(`${server.url}/agents?q=sdk-5`);
  await page.getByRole('table', { name: 'Agents' }).getByText('SDK agent').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('toolbar', { name: 'Selected agents' }).getByRole('button', { name: 'Resume' }).press('Enter');
  await until('the order to go on', () => agent.handled().length === 3);
  agent.go();
  await until('going on', async () => (await told('sdk-5', 3)).state === 'done');
});

test('[AI6] the key of another agent sees and answers nothing', async () => {
  await Agent.start(SDK, 'sdk-4', { STATEWIRE_HOLD: '1' });
  await order('sdk-4', 'message', { text: 'secret' });
  const other = (await server.api('POST', '/v1/keys', { name: 'another', scope: 'report' })).body.secret;
  await server.api('POST', '/v1/reports', { collection: 'agents', id: 'other' }, { key: other });
  const asked = await server.api('GET', '/v1/agents/sdk-4/instructions', undefined, { key: other });
  expect(asked).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  const answered = await server.api('POST', '/v1/instructions/sdk-4:1/answer', { state: 'done' }, { key: other });
  expect(answered.status).toBe(404);
  expect((await server.api('GET', '/v1/instructions', undefined, { key: other })).status).toBe(403);
  expect(JSON.stringify([asked.body, answered.body])).not.toContain('secret');
});

function order(agent: string, name: string, body: object = {}): Promise<Reply> {
  return server.api('POST', `/v1/agents/${agent}/${name}`, body);
}

async function row(collection: string, id: string): Promise<Reply['body']> {
  const { status, body } = await server.api('GET', `/v1/${collection}/${id}`);
  return status === 200 ? body : {};
}

function told(agent: string, number: number): Promise<Reply['body']> {
  return row('instructions', `${agent}:${number}`);
}

/** A program that is an agent. */
class Agent {
  out = '';
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor([command = '', ...args]: readonly string[], id: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        STATEWIRE_URL: server.url,
        STATEWIRE_KEY: key,
        STATEWIRE_AGENT: id,
        ...env,
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.#gone = new Promise((resolve) => this.#child.once('close', resolve));
    onTestFinished(() => this.kill());
  }

  static of(command: readonly string[], id: string, env: Readonly<Record<string, string>> = {}): Agent {
    return new Agent(command, id, env);
  }

  /** Starts it, and waits until the server knows that it is there. */
  static async start(
    command: readonly string[],
    id: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Agent> {
    const agent = Agent.of(command, id, env);
    try {
      await until(`agents/${id}`, async () => (await row('agents', id)).phase === 'running');
    } catch (error) {
      throw new Error(`the agent said:\n${agent.out}`, { cause: error });
    }
    return agent;
  }

  /** What it handled, in its order. */
  handled(): readonly string[] {
    return this.out
      .split('\n')
      .filter((line) => line.startsWith('handle '))
      .map((line) => line.slice(7).trim());
  }

  /** Lets it end what it handles. */
  go(): void {
    this.#child.stdin?.write('go\n');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

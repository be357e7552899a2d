/**
 * An agent that does what it is told, by REST and with nothing but Node: it counts, pauses, goes on, and answers.
 *
 *     STATEWIRE_KEY=sw_report_... node instructions.mjs
 */
import { setTimeout as sleep } from 'node:timers/promises';

const {
  STATEWIRE_URL = 'http://localhost:4800',
  STATEWIRE_KEY: KEY,
  STATEWIRE_AGENT: AGENT = 'counter-node',
} = process.env;
const URL = STATEWIRE_URL.replace(/\/$/u, '');
const PERIOD_MS = 30_000;
const RETRY_MS = 500;
/** A request is held for so long; the call may take a little longer. */
const WAIT_S = 25;

let isPaused = false;
let count = 0;
/** The newest instruction that this process has handled: each is handled once. */
let handled = 0;

/** One request: HTTP status, 0 when nobody answered, and the answer. */
async function request(method, path, body) {
  try {
    const response = await fetch(`${URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout((WAIT_S + 10) * 1000),
    });
    return { status: response.status, answer: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, answer: {} };
  }
}

/** Says it until it is taken or refused for good: a server that is away is no reason to forget an answer. */
async function insist(path, body) {
  while (true) {
    const { status } = await request('POST', path, body);
    if (status !== 0 && status !== 429 && status < 500) return status;
    await sleep(RETRY_MS);
  }
}

/** Tells what it does. Returns when it was taken. */
function report() {
  const phase = isPaused ? 'idle' : 'running';
  return insist('/v1/reports', {
    collection: 'agents',
    id: AGENT,
    phase,
    activity: `Counted to ${count}`,
    periodMs: PERIOD_MS,
  });
}

/** Does what one instruction says; the answer is for whoever gave it. */
function obey({ kind, text }) {
  if (kind === 'message') return { state: 'done', answer: `understood: ${text}` };
  if (kind === 'maintenance') return { state: 'refused', answer: 'I only count' };
  isPaused = kind === 'pause';
  return { state: 'done', answer: `${isPaused ? 'paused' : 'going on'} at ${count}` };
}

async function listen() {
  while (true) {
    const { status, answer } = await request('GET', `/v1/agents/${AGENT}/instructions?wait=${WAIT_S}&after=${handled}`);
    if (status !== 200) await sleep(RETRY_MS);
    for (const instruction of answer.rows ?? []) {
      const path = `/v1/agents/${AGENT}/instructions/${instruction.id}/answer`;
      handled = instruction.number;
      // Durable before anything is done: killed from here on, the next process gets it again.
      if ((await insist(path, { state: 'received' })) !== 200) continue;
      const done = obey(instruction);
      console.log(`${instruction.kind}: ${done.state}`);
      await insist(path, done);
      await report();
    }
  }
}

if (KEY === undefined) {
  console.error('set STATEWIRE_KEY to an API key with the scope report');
  process.exit(1);
}
await report();
void listen();
for (let round = 1; ; round += 1) {
  await sleep(1_000);
  if (!isPaused) count += 1;
  if (round % (PERIOD_MS / 3_000) === 0) await report();
}

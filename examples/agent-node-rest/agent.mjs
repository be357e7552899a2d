/**
 * A link checker that says what it does, by REST and with nothing but Node.
 *
 *     STATEWIRE_KEY=sw_report_... node agent.mjs https://example.com/ https://example.org/missing
 *
 * The work never waits for Statewire: what it says is merged, the newest winning, and sent beside it.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const {
  STATEWIRE_URL = 'http://localhost:4800',
  STATEWIRE_KEY: KEY,
  STATEWIRE_SERVICE: SERVICE = 'website',
} = process.env;
// A key with the scope report cannot read, and whether somebody asked for the end has to be read.
const { STATEWIRE_READ_KEY: READ_KEY } = process.env;
const URL = STATEWIRE_URL.replace(/\/$/u, '');
const AGENT = 'link-checker-node';

/** What is promised: a sign of life within it. Three are sent, so that two may be lost. */
const PERIOD_MS = 30_000;
/** At least between two requests: ten a second are enough for people, and far from the server's limit. */
const GAP_MS = 100;
/** How soon a request to stop is seen. */
const ROUND_MS = 2_000;
/** The longest that a call may take. */
const CALL_MS = 10_000;
/** The longest pause between two attempts, unless the server asks for a longer one. */
const WAIT_MAX_MS = 5_000;
/** How long the last reports are tried before the program ends without them. */
const LAST_WORD_MS = 10_000;

/** Ends the work; its reason is `canceled` or `terminated`. */
const stop = new AbortController();
const addresses = process.argv.slice(2);
if (KEY === undefined || addresses.length === 0) {
  console.error('set STATEWIRE_KEY to an API key with the scope report, and give addresses to check');
  process.exit(1);
}

/** Not sent yet, by `collection id`. */
let news = new Map();
/** Repeated as often as promised; without fields it only renews the lease of a run. */
const alive = new Map();
let beatAt = 0;
let seq = 0;
/** The work is over: what is left are the last words. */
const ending = new AbortController();
let endsAt = Infinity;

/** Says something of a record. Fields that were not sent yet are replaced, steps are replaced by their id. */
function say(collection, id, fields) {
  const name = `${collection} ${id}`;
  const known = news.get(name) ?? {};
  const steps = new Map([...(known.steps ?? []), ...(fields.steps ?? [])].map((step) => [step.id, step]));
  news.set(name, { ...known, ...fields, ...(steps.size > 0 ? { steps: [...steps.values()].slice(-50) } : {}) });
}

/** Sends what was said, in order, until the end and the last word. */
async function speak() {
  while (true) {
    const isLast = ending.signal.aborted;
    if (Date.now() >= beatAt) {
      beatAt = Date.now() + PERIOD_MS / 3;
      for (const [name, fields] of alive) news.set(name, { ...fields, ...news.get(name) });
    }
    const reports = [...news].map(([name, fields]) => {
      const [collection, id] = name.split(' ');
      // A repeat with the same number changes nothing: so after a timeout everything may be sent again.
      // Milliseconds, because the number must not start over with the program.
      seq = Math.max(seq + 1, Date.now());
      return { collection, id, seq, ...fields };
    });
    news = new Map();
    if (reports.length > 0) await deliver(reports);
    else if (isLast) return;
    if (!isLast) await sleep(GAP_MS);
  }
}

async function deliver(reports) {
  for (let attempt = 0; ; attempt += 1) {
    const { status, retryAfterMs, answer } = await request('POST', '/v1/reports', KEY, reports);
    if (status === 200) {
      const refused = answer.results.filter(({ ok }) => !ok);
      if (!refused.some(({ code }) => code === 'overloaded' || code === 'unavailable')) {
        for (const { id, code, message } of refused) {
          console.error(`${id}: ${code}: ${message}`);
          // The run was ended elsewhere: there is nothing left to work for.
          if (code === 'gone') stop.abort('canceled');
        }
        return;
      }
    } else if (status >= 400 && status < 500 && status !== 429) {
      // The same words would be refused again: say so, and go on with the work.
      console.error(`${status} ${answer.code}: ${answer.detail}`);
      return;
    }
    // Backoff with full jitter, so that many agents do not come back in the same second.
    const backoffMs = Math.random() * Math.min(WAIT_MAX_MS, 500 * 2 ** Math.min(attempt, 10));
    const againAt = Date.now() + Math.max(retryAfterMs, backoffMs);
    // Returns early when the program ends meanwhile: then there is not all the time in the world.
    await sleep(againAt - Date.now(), undefined, { signal: ending.signal }).catch(() => undefined);
    if (againAt > endsAt) {
      console.error('the last reports were not taken');
      return;
    }
    await sleep(Math.max(0, againAt - Date.now()));
  }
}

/** One request: HTTP status (0 when nobody answered), the time of Retry-After, and the answer. */
async function request(method, path, key, body) {
  try {
    const response = await fetch(`${URL}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const retryAfterMs = (Number(response.headers.get('retry-after')) || 0) * 1000;
    return { status: response.status, retryAfterMs, answer: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, retryAfterMs: 0, answer: {} };
  }
}

/** Stops the work when somebody asked for it. */
async function listen(run) {
  while (!stop.signal.aborted) {
    const { status, answer } = await request('GET', `/v1/executions/${run}`, READ_KEY);
    if (status === 200 && answer.cancelRequested === true) stop.abort('canceled');
    // Does not keep the program running.
    await sleep(ROUND_MS, undefined, { ref: false });
  }
}

/** Fetches an address: how long it took, what is wrong with it or null, and whether somebody answered at all. */
async function check(address) {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(CALL_MS)]);
    const response = await fetch(address, { signal });
    await response.body?.cancel();
    return { ms: ms(), problem: response.ok ? null : `HTTP ${response.status}`, isAnswered: true };
  } catch (error) {
    stop.signal.throwIfAborted();
    return { ms: ms(), problem: String(error.cause?.message ?? error.message ?? error), isAnswered: false };
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort('terminated'));

const run = `${AGENT}-${Date.now()}`;
const present = { name: 'Link checker (Node)', phase: 'running', periodMs: PERIOD_MS, currentExecution: run };
alive.set(`agents ${AGENT}`, present);
say('agents', AGENT, { ...present, activity: `Checking ${addresses.length} links` });
// The lease ends when the program dies without a word: the run is then lost, as of that moment.
alive.set(`executions ${run}`, {});
say('executions', run, {
  agent: AGENT,
  title: `Check ${addresses.length} links`,
  state: 'running',
  total: addresses.length,
  unit: 'links',
  leaseMs: PERIOD_MS,
});
const spoken = speak();
if (READ_KEY !== undefined) void listen(run);

let [calls, errors, broken] = [0, 0, 0];
let end;
try {
  for (const [index, address] of addresses.entries()) {
    stop.signal.throwIfAborted();
    const step = { id: `${index + 1}`, title: address.slice(0, 300), startedAt: Date.now() };
    say('executions', run, { stage: address.slice(0, 128), steps: [{ ...step, state: 'running' }] });
    const { ms, problem, isAnswered } = await check(address);
    calls += 1;
    errors += isAnswered ? 0 : 1;
    broken += problem === null ? 0 : 1;
    const ended = { ...step, state: problem === null ? 'succeeded' : 'failed', endedAt: Date.now() };
    say('executions', run, { done: index + 1, message: problem ?? 'fine', steps: [ended] });
    // How it looks from here. Totals: a report that is lost then costs nothing.
    say('connections', `${AGENT}:${SERVICE}`, {
      phase: isAnswered ? 'connected' : 'failed',
      latencyMs: ms,
      calls,
      errors,
    });
  }
  end = { state: 'succeeded', message: `${broken} of ${addresses.length} are broken` };
} catch (error) {
  if (stop.signal.aborted)
    end = { state: 'canceled', reason: { code: stop.signal.reason, text: 'The agent was asked to stop.' } };
  else {
    // Whoever watches sees why it ended; this program still fails.
    end = { state: 'failed', reason: { code: 'error', text: String(error).slice(0, 500) } };
    process.exitCode = 1;
    console.error(error);
  }
}
alive.clear();
say('executions', run, end);
say('agents', AGENT, { phase: 'offline', currentExecution: null });
endsAt = Date.now() + LAST_WORD_MS;
ending.abort();
await spoken;
console.log(`${end.state}: ${calls} checked, ${broken} broken`);
if (stop.signal.reason === 'terminated') process.exitCode = 143;

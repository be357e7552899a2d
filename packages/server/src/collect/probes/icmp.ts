import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { codeOf, fail, type Failed, type Fault } from '../egress/fault.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { reading, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/**
 * Sends echo requests with the system's `ping`: only that program has the right to, and it needs no right of ours.
 * It gets the address that was judged, never a name, as one word of its argument list.
 */
export function createIcmpProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'icmp');
  // Echo requests have no port: a range that is open for some ports only does not open them.
  const checked = await deps.egress.check(plan.target, 0);
  if (!checked.ok) return failedReach(checked);
  const address = checked.value[0] ?? '';
  if (isIP(address) === 0) return failedReach(fail('bad_target', 'The target has no address.'));
  const pinged = await ping(deps, { address, packets: settings.packets }, waitOf(plan, settings.packets, budget));
  if (!pinged.ok) return failedReach(pinged);
  const { sent, received, averageMs } = pinged.value;
  if (received === 0) return failedReach(fail('no_echo', `None of ${sent} echo requests was answered.`));
  const loss = Math.round(((sent - received) / sent) * 1000) / 10;
  const sheet = new Sheet().note('reach', reading('ok', 'echo', 'The host answers.', averageMs));
  if (averageMs !== null) sheet.latency(averageMs);
  const text = `${received} of ${sent} echo requests were answered.`;
  if (loss > settings.lossMax) return sheet.failed('loss', fail('packets_lost', text));
  return sheet.ok('loss', 'answered', text).done(plan, 'The host answers.', { value: loss });
}

interface Pinged {
  readonly sent: number;
  readonly received: number;
  readonly averageMs: number | null;
}

/** All packets leave within their spacing; the last answer may take as long as a connection. */
function waitOf(plan: CheckPlan, packets: number, budget: Budget): number {
  return Math.min(budget.leftMs, packets * SPACING_MS + plan.connectTimeoutMs);
}

function ping(
  deps: ProbeDeps,
  { address, packets }: { readonly address: string; readonly packets: number },
  waitMs: number,
): Promise<Result<Pinged, Fault>> {
  return new Promise((resolve) => {
    const child = spawn('ping', ['-n', '-q', '-c', `${packets}`, '-i', `${SPACING_MS / 1000}`, address], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // The text is read below: in one language, with nothing of ours beside it.
      env: { PATH: deps.env['PATH'] ?? '/usr/bin:/bin:/sbin', LC_ALL: 'C' },
    });
    let out = '';
    let failed: Failed | null = null;
    const keep = (chunk: Buffer): void => {
      out = (out + chunk.toString('utf8')).slice(0, OUTPUT_MAX);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    // An interrupted ping still says how many came back; one that does not go is killed.
    const interrupt = deps.clock.after(waitMs, () => child.kill('SIGINT'));
    const kill = deps.clock.after(waitMs + 1_000, () => child.kill('SIGKILL'));
    child.on('error', (error) => (failed = codeOf(error) === 'ENOENT' ? NO_PING : NOT_ALLOWED));
    child.on('close', () => {
      interrupt.cancel();
      kill.cancel();
      resolve(failed ?? read(out));
    });
  });
}

function read(out: string): Result<Pinged, Fault> {
  const counts = /(\d+) packets transmitted, (\d+)(?: packets)? received/.exec(out);
  if (counts === null) {
    if (/not permitted|permission denied|lacking privilege/i.test(out)) return NOT_ALLOWED;
    if (/unreachable/i.test(out)) return fail('unreachable', 'No route leads to the host.');
    return fail('no_echo', 'No echo request was answered.');
  }
  const average = /= ?[\d.]+\/([\d.]+)\//.exec(out)?.[1];
  const sent = Number(counts[1]);
  if (sent === 0) return fail('no_echo', 'No echo request was answered.');
  return ok({
    sent,
    received: Math.min(sent, Number(counts[2])),
    averageMs: average === undefined ? null : Number(average),
  });
}

const NO_PING: Failed = fail(
  'no_ping',
  'This machine has no ping program: install iputils-ping, or check a port of the host with a tcp service.',
);
const NOT_ALLOWED: Failed = fail(
  'no_ping',
  'This process may not send echo requests: allow its group in net.ipv4.ping_group_range, or give ping cap_net_raw.',
);
/** The shortest spacing ping allows everybody. */
const SPACING_MS = 200;
const OUTPUT_MAX = 16_384;

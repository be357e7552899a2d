import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Failed, type Fault } from '../egress/fault.ts';
import { takeLine, Wire } from '../egress/wire.ts';
import type { Opening } from './opening.ts';
import type { ProbeDeps } from './probe.ts';

/** Speaks a protocol up to the point where it encrypts, and shakes hands there. Trust is not demanded, only looked at. */
export async function startTls(
  deps: ProbeDeps,
  protocol: 'imap' | 'postgres' | 'smtp',
  opening: Opening,
  budget: Budget,
): ReturnType<ProbeDeps['egress']['secure']> {
  if (protocol === 'postgres')
    return (await import('./postgres.ts')).secureAsPostgres(deps, opening, budget, { isStrict: false });
  const wire = new Wire(deps.clock, opening.connection.socket, 65_536);
  const agreed = protocol === 'smtp' ? await agreeSmtp(wire, budget) : await agreeImap(wire, budget);
  if (!agreed.ok) return agreed;
  if (!wire.isDrained) return fail('bad_payload', 'The server said more than was asked before the encryption.');
  const { host, port } = opening;
  return deps.egress.secure(wire.release(), { host, port, alpn: [], isStrict: false, timeoutMs: budget.leftMs });
}

async function agreeSmtp(wire: Wire, budget: Budget): Promise<Result<null, Fault>> {
  const greeting = await smtpReply(wire, budget);
  if (!greeting.ok) return greeting;
  if (greeting.value[0]?.startsWith('220') !== true) return fail('not_smtp', 'The server does not greet as SMTP does.');
  wire.write('EHLO statewire.invalid\r\n');
  const hello = await smtpReply(wire, budget);
  if (!hello.ok) return hello;
  if (!hello.value.some((line) => /^250[ -]STARTTLS$/i.test(line.trim()))) return NOT_OFFERED;
  wire.write('STARTTLS\r\n');
  const ready = await smtpReply(wire, budget);
  if (!ready.ok) return ready;
  return ready.value[0]?.startsWith('220') === true ? ok(null) : NOT_OFFERED;
}

/** The lines of one reply: all but the last have a dash after the code. */
async function smtpReply(wire: Wire, budget: Budget): Promise<Result<readonly string[], Fault>> {
  const lines: string[] = [];
  for (;;) {
    const line = await wire.read(budget, takeLine);
    if (!line.ok) return line;
    if (!/^\d{3}/.test(line.value)) return fail('not_smtp', 'The answer is not valid SMTP.');
    lines.push(line.value);
    if (line.value[3] !== '-') return ok(lines);
  }
}

async function agreeImap(wire: Wire, budget: Budget): Promise<Result<null, Fault>> {
  const greeting = await wire.read(budget, takeLine);
  if (!greeting.ok) return greeting;
  if (!/^\* (OK|PREAUTH)/i.test(greeting.value)) return fail('not_imap', 'The server does not greet as IMAP does.');
  wire.write('a1 STARTTLS\r\n');
  for (;;) {
    const line = await wire.read(budget, takeLine);
    if (!line.ok) return line;
    if (/^a1 OK/i.test(line.value)) return ok(null);
    if (/^a1 /i.test(line.value)) return NOT_OFFERED;
    if (!line.value.startsWith('*')) return fail('not_imap', 'The answer is not valid IMAP.');
  }
}

const NOT_OFFERED: Failed = fail('tls_unavailable', 'The server does not offer encryption.');

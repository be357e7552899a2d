import { generate, parser, type Packet } from 'mqtt-packet';
import { ok, type Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Failed, type Fault } from '../egress/fault.ts';
import { Wire, type Take } from '../egress/wire.ts';
import { certificateOf } from './certificate.ts';
import { jsonOf } from './http.ts';
import { loginFault, openTarget } from './opening.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import type { Finding, ProbeDeps, Prober } from './probe.ts';
import { Sheet } from './sheet.ts';
import { stateless } from './stateless.ts';
import { failedReach } from './tcp.ts';

/** Probes an MQTT broker: CONNECT, and the retained message of one topic. Nothing is published. */
export function createMqttProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

async function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'mqtt');
  const opened = await openTarget(deps, plan, budget, { tls: settings.encryption === 'on' });
  if (!opened.ok) return failedReach(opened);
  const { socket, tls } = opened.value.connection;
  const sheet = new Sheet().reached(opened.value.connection);
  if (tls !== null) sheet.certificate(certificateOf(tls, deps.clock.now(), plan.certificateDays));
  const wire = new Wire(deps.clock, socket, deps.limits.probeBodyBytesMax);
  try {
    const askedAt = deps.clock.mono();
    const password = plan.credentials['password'];
    wire.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        // Another id each time: a broker ends the older of two clients with one id.
        clientId: `statewire-${Math.floor(deps.clock.random() * 2 ** 40).toString(36)}`,
        keepalive: 60,
        // The protocol has no password without a name; an empty name is one.
        ...(settings.user === '' && password === undefined ? {} : { username: settings.user }),
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
      }),
    );
    const hello = await expectPacket(wire, budget, 'connack');
    if (!hello.ok) return sheet.failed('protocol', hello);
    const tookMs = deps.clock.mono() - askedAt;
    sheet.latency(tookMs).ok('protocol', 'connack', 'The broker answers CONNECT.', tookMs);
    const code = hello.value.returnCode ?? 0;
    if (code === 4 || code === 5) return sheet.failed('auth', loginFault(plan, `MQTT code ${code}`));
    if (code !== 0) return sheet.failed('protocol', refusal(code));
    if (password !== undefined) sheet.ok('auth', 'accepted', 'The broker accepts the credentials.');
    if (settings.topic === null) return sheet.done(plan, 'The broker accepts connections.');
    return await retained(deps, plan, { sheet, wire, topic: settings.topic }, budget);
  } finally {
    wire.write(generate({ cmd: 'disconnect' }));
    wire.close();
  }
}

async function retained(
  deps: ProbeDeps,
  plan: CheckPlan,
  { sheet, wire, topic }: { readonly sheet: Sheet; readonly wire: Wire; readonly topic: string },
  budget: Budget,
): Promise<Finding> {
  const askedAt = deps.clock.mono();
  wire.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] }));
  const granted = await expectPacket(wire, budget, 'suback');
  if (!granted.ok) return sheet.failed('query', granted);
  if (granted.value.granted.some((code) => code === 128)) {
    const message = 'The broker answers, but does not let this check read the topic.';
    return sheet.failed('auth', { code: 'forbidden', message });
  }
  const message = await expectPacket(wire, budget, 'publish');
  if (!message.ok) {
    const isNone = message.code === 'timeout';
    return sheet.failed('query', isNone ? fail('no_message', 'The topic has no retained message.') : message);
  }
  const text = message.value.payload.toString().slice(0, TEXT_MAX);
  sheet.ok('query', 'retained', 'The topic has a retained message.', deps.clock.mono() - askedAt);
  return sheet.done(plan, 'The broker has the message.', { value: text, json: jsonOf(text) });
}

/** The next packet of a kind; others in between (a message before the SUBACK) are left out. */
async function expectPacket<C extends Packet['cmd']>(
  wire: Wire,
  budget: Budget,
  cmd: C,
): Promise<Result<Extract<Packet, { cmd: C }>, Fault>> {
  for (let n = 0; n < PACKETS_MAX; n += 1) {
    const packet = await wire.read(budget, takePacket);
    if (!packet.ok) return packet;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the command tells packets apart.
    if (packet.value.cmd === cmd) return ok(packet.value as Extract<Packet, { cmd: C }>);
    if (cmd === 'connack') return NOT_MQTT;
  }
  return NOT_MQTT;
}

/** One packet: a type, a length of one to four bytes, then that many. */
const takePacket: Take<Packet> = (bytes) => {
  let length = 0;
  for (let i = 1; i <= 4; i += 1) {
    const byte = bytes[i];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (byte >= 0x80) continue;
    const whole = i + 1 + length;
    if (bytes.length < whole) return (bytes[0] ?? 0) >> 4 === 0 ? NOT_MQTT : null;
    const packet = packetOf(bytes.subarray(0, whole));
    return packet === null ? NOT_MQTT : { value: packet, length: whole };
  }
  return NOT_MQTT;
};

function packetOf(bytes: Buffer): Packet | null {
  let found: Packet | null = null;
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (packet) => (found = packet));
  reader.on('error', () => undefined);
  try {
    reader.parse(bytes);
  } catch (error) {
    // Packets that end too early make the parser read beyond its buffer.
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return null;
  }
  return found;
}

function refusal(code: number): Failed {
  if (code === 1) return fail('unsupported_version', 'The broker does not speak MQTT 3.1.1.');
  if (code === 3) return fail('unavailable', 'The broker says that it is unavailable.');
  return fail('refused_by_broker', `The broker refuses the connection (MQTT code ${code}).`);
}

const NOT_MQTT: Failed = fail('not_mqtt', 'The answer is not valid MQTT.');
const PACKETS_MAX = 1_000;
const TEXT_MAX = 65_536;

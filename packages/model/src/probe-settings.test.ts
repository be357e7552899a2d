import { expect, test } from 'vitest';
import { checkDefaults, type CheckInput } from './collections/check.ts';
import { serviceCreateSchema } from './collections/service.ts';
import { explain } from './explain.ts';
import { probeDefaults } from './probe-settings.ts';
import { SERVICE_KINDS, type ServiceKind } from './service-kind.ts';

function flaw(kind: ServiceKind, target: string, check: object = {}): string {
  const body = { name: 'A', kind, target, check };
  const read = serviceCreateSchema.safeParse(body);
  return read.success ? 'accepted' : explain(read.error, body);
}

test.each([
  [
    'dns',
    'example.com',
    { probe: { kind: 'dns', record: 'MX', resolver: '[2620:fe::fe]:53', expect: ['10 mail.example.com'] } },
  ],
  ['dns', '_dmarc.example.com.', { conditions: ['len(rows) > 0'] }],
  ['websocket', 'wss://example.com/live', { probe: { kind: 'websocket', message: 'hi', expect: 'hi' } }],
  ['grpc', 'api.internal:50051', { probe: { kind: 'grpc', service: 'a.B', encryption: 'on' } }],
  ['icmp', 'gateway.internal', {}],
  ['icmp', '2001:db8::1', {}],
  [
    'postgres',
    'db:5432',
    { secrets: { password: 'x' }, probe: { kind: 'postgres', query: 'SELECT 1' }, conditions: ['value == 1'] },
  ],
  ['mysql', '[::1]:3306', { probe: { kind: 'mysql', query: '  show status' } }],
  ['redis', 'cache:6379', { probe: { kind: 'redis', command: ['get', 'a'] } }],
  ['nats', 'bus:4222', { secrets: { token: 'x' } }],
  ['mqtt', 'broker:1883', { probe: { kind: 'mqtt', topic: 'a/b' } }],
  ['a2a', 'https://agent.example.com', { probe: { kind: 'a2a', skills: ['x'] } }],
  ['langgraph', 'http://host:2024', {}],
  ['openai', 'http://host:8000/v1', { probe: { kind: 'openai', model: 'm', completion: true } }],
  ['tls', 'mail:25', { probe: { kind: 'tls', startTls: 'smtp' } }],
  ['http', 'https://a.example', { conditions: ['status == 200'], degradedConditions: ['latency < 1s'] }],
] as const)('[CK1] %s %s is accepted', (kind, target, check) => {
  expect(flaw(kind, target, check)).toBe('accepted');
});

test.each<[ServiceKind, string, object, string]>([
  ['dns', 'https://example.com', {}, 'expected a domain name such as example.com'],
  [
    'dns',
    'example.com',
    { probe: { kind: 'dns', record: 'ANY' } },
    'check.probe.record: found "ANY", expected one of A, AAAA',
  ],
  ['dns', 'example.com', { probe: { kind: 'dns', resolver: 'https://dns' } }, 'expected an address such as 9.9.9.9'],
  ['dns', 'example.com', { probe: { kind: 'dns', recrod: 'A' } }, 'check.probe.recrod: unknown field'],
  ['dns', 'example.com', { probe: { kind: 'redis' } }, 'found "redis" for a service of kind "dns", expected "dns"'],
  ['tcp', 'a:1', { probe: { kind: 'redis' } }, 'expected none: this kind has no settings of its own'],
  ['websocket', 'https://example.com', {}, 'expected a URL that starts with ws:// or wss://'],
  ['icmp', '-f', {}, 'expected a host name or an address'],
  ['icmp', 'a b', {}, 'expected a host name or an address'],
  ['icmp', 'a:80', {}, 'expected a host name or an address'],
  ['postgres', 'db', {}, 'expected host:port'],
  ['postgres', 'db:1', { probe: { kind: 'postgres', query: 'DELETE FROM x' } }, 'expected one statement that reads'],
  [
    'postgres',
    'db:1',
    { probe: { kind: 'postgres', query: 'EXPLAIN ANALYZE SELECT 1' } },
    'expected one statement that reads',
  ],
  ['mysql', 'db:1', { probe: { kind: 'mysql', query: "SELECT 1 INTO OUTFILE '/x'" } }, 'a check writes nothing'],
  ['redis', 'c:1', { probe: { kind: 'redis', command: ['FLUSHALL'] } }, 'expected a command that reads'],
  ['mqtt', 'b:1', { probe: { kind: 'mqtt', topic: 'a/#' } }, 'expected one topic'],
  [
    'http',
    'https://a.example',
    { conditions: ['status = 200'] },
    'check.conditions[0]: column 8: found =, expected == to compare',
  ],
  [
    'redis',
    'c:1',
    { conditions: ['status == 200'] },
    'found status, which a check of kind "redis" does not have, expected latency, value',
  ],
  ['tcp', 'a:1', { conditions: ['latency < 1s'] }, 'expected no conditions'],
  ['http', 'https://a.example', { secretHeaders: { token: 'x' } }, 'put it into check.secrets'],
  ['redis', 'c:1', { secrets: { user: 'x' } }, 'check.secrets.user: unknown field'],
])('[CK1] %s %s %j is refused', (kind, target, check, message) => {
  expect(flaw(kind, target, check)).toContain(message);
});

test('[CK1] every kind has its defaults, and a check without settings of its own has none', () => {
  for (const kind of SERVICE_KINDS) {
    const { probe } = checkDefaults(kind);
    expect(probe).toEqual(probeDefaults(kind));
    expect(probe === null || probe.kind === kind).toBe(true);
  }
  expect(checkDefaults('http').probe).toBeNull();
  const given: CheckInput = { probe: { kind: 'icmp', packets: 1, lossMax: 0 } };
  expect(checkDefaults('icmp', given).probe).toEqual({ kind: 'icmp', packets: 1, lossMax: 0 });
});

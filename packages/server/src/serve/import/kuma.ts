/**
 * Uptime Kuma: the JSON backup of 1.x (`monitorList`, `notificationList`), and the same shape with `maintenanceList` that
 * the command line reads out of a `kuma.db` of 1.x or 2.x.
 */
import type { JsonObject } from '@statewire/protocol';
import { channelOf } from './kuma-channel.ts';
import { maintenanceOf } from './kuma-maintenance.ts';
import { LeftError, Plans, type ImportContext, type Item, type Plan } from './plan.ts';
import {
  clamp,
  flagOf,
  innerJson,
  isObject,
  lineOf,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  scalarText,
  textOf,
} from './read.ts';
import { basicAuth, methodOf, readLogin, splitHeaders, takeLogin } from './web.ts';

/** Translates a backup. */
export function readKuma(file: JsonObject, context: ImportContext): Plan {
  const plans = new Plans();
  const monitors = objectsOf(file, 'monitorList');
  const byId = new Map(monitors.map((monitor) => [textOf(monitor, 'id'), monitor]));
  // Groups after their members, and the innermost first: a group names records that are there.
  const depth = (monitor: JsonObject): number =>
    textOf(monitor, 'type') === 'group' ? parentsOf(monitor, byId).length : Infinity;
  for (const [index, monitor] of Array.from(monitors.entries()).sort(([, a], [, b]) => order(depth(b), depth(a)))) {
    const name = lineOf(textOf(monitor, 'name'), 200);
    const from = nameOf('monitor', monitor, index);
    const members = textOf(monitor, 'type') === 'group' ? membersOf(monitor, monitors, plans) : [];
    plans.take(from, name, () => monitorOf(monitor, { byId, from, members }));
  }
  for (const [index, notification] of objectsOf(file, 'notificationList').entries()) {
    const name = lineOf(textOf(notification, 'name'), 200);
    const from = nameOf('notification', notification, index);
    plans.take(from, name, () => channelOf(notification, context, from));
  }
  for (const [index, maintenance] of objectsOf(file, 'maintenanceList').entries()) {
    const name = lineOf(textOf(maintenance, 'title'), 200);
    const from = nameOf('maintenance', maintenance, index);
    plans.take(from, name, () =>
      maintenanceOf(maintenance, context, { from, isTaken: (id) => plans.has('services', id) }),
    );
  }
  const told = monitors.filter((monitor) => Object.keys(objectOf(monitor, 'notificationIDList')).length > 0).length;
  if (told > 0) {
    plans.leave(
      'monitors',
      `${told} with notifications`,
      'which monitor tells which channel is said by policies here',
      'look at Policies: the default one tells every channel you put into it; match groups or labels for others',
    );
  }
  if (listOf(file, 'proxyList').length > 0)
    plans.leave('proxies', '', 'checks go out directly', 'allow the targets in the egress settings');
  return plans.plan();
}

/** The id that a monitor has here. */
export function serviceId(id: string): string {
  return `kuma-${id}`;
}

function nameOf(what: string, of: JsonObject, index: number): string {
  const id = textOf(of, 'id');
  return `${what} ${id === '' ? `#${index + 1}` : id}`;
}

const GROUP: Checked = { kind: 'group', target: '', check: {} };

interface Checked {
  readonly kind: string;
  readonly target: string;
  readonly check: JsonObject;
}

/** The services that were made of a group's direct members. */
function membersOf(group: JsonObject, monitors: readonly JsonObject[], plans: Plans): readonly string[] {
  return monitors
    .filter((monitor) => textOf(monitor, 'parent') === textOf(group, 'id'))
    .map((monitor) => serviceId(textOf(monitor, 'id')))
    .filter((id) => plans.has('services', id));
}

function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

interface Family {
  readonly byId: ReadonlyMap<string, JsonObject>;
  readonly from: string;
  /** Ids of the services that are in it, when it is a group. */
  readonly members: readonly string[];
}

function monitorOf(monitor: JsonObject, { byId, from, members }: Family): Item {
  const id = textOf(monitor, 'id');
  if (!/^\d{1,15}$/.test(id)) throw new LeftError('it has no id', 'export the backup again');
  if (flagOf(monitor, 'upsideDown'))
    throw new LeftError(
      'it is upside down: up when it does not answer',
      'check from the other side, with a condition that is expected',
    );
  const notes: string[] = [];
  const isGroup = textOf(monitor, 'type') === 'group';
  const { kind, target, check } = isGroup ? GROUP : checkedOf(monitor, notes);
  if (isGroup && members.length === 0) throw new LeftError('it is a group of which nothing was taken', 'nothing');
  const parents = parentsOf(monitor, byId);
  const name = lineOf(textOf(monitor, 'name'), 200);
  const isPaused = !flagOf(monitor, 'active', true) || parents.some((parent) => !flagOf(parent, 'active', true));
  const fields: JsonObject = {
    name,
    kind,
    ...(target === '' ? {} : { target }),
    description: textOf(monitor, 'description').slice(0, 2000),
    group: lineOf(parents.map((parent) => textOf(parent, 'name')).join(' / '), 128),
    labels: labelsOf(monitor, notes),
    ...(isGroup
      ? { members: { refs: members.map((member) => `services/${member}`) } }
      : { check: { ...paceOf(monitor, kind), ...check } }),
  };
  if (kind === 'heartbeat')
    notes.push('its push address is another one here: see the service; change it where it is called');
  return {
    collection: 'services',
    id: serviceId(id),
    name,
    from,
    fields: { ...fields, ...(isPaused ? { desired: 'paused' } : {}) },
    notes,
  };
}

function parentsOf(monitor: JsonObject, byId: ReadonlyMap<string, JsonObject>): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (let at = textOf(monitor, 'parent'); at !== '' && found.length < DEPTH_MAX;) {
    const parent = byId.get(at);
    if (parent === undefined || found.includes(parent)) break;
    found.unshift(parent);
    at = textOf(parent, 'parent');
  }
  return found;
}

/** Groups in groups; a file that makes a ring of them ends here too. */
const DEPTH_MAX = 8;

function labelsOf(monitor: JsonObject, notes: string[]): JsonObject {
  const tags = objectsOf(monitor, 'tags');
  if (tags.length > 32) notes.push(`of ${tags.length} tags the first 32 became labels`);
  const pairs = tags.slice(0, 32).map((tag) => [lineOf(textOf(tag, 'name'), 128), lineOf(textOf(tag, 'value'), 128)]);
  return Object.fromEntries(pairs.filter(([name]) => name !== '' && name !== '__proto__'));
}

function paceOf(monitor: JsonObject, kind: string): JsonObject {
  const seconds = numberOf(monitor, 'interval') ?? 60;
  const retries = numberOf(monitor, 'maxretries') ?? 0;
  const intervalMs = clamp(seconds * 1000, 1_000, 31 * 86_400_000);
  if (kind === 'heartbeat') return { intervalMs };
  // 1.x had no setting for it: eight tenths of the interval.
  const timeout = numberOf(monitor, 'timeout') ?? seconds * 0.8;
  return { intervalMs, timeoutMs: clamp(timeout * 1000, 100, 300_000), failAfter: clamp(retries + 1, 1, 10) };
}

function checkedOf(monitor: JsonObject, notes: string[]): Checked {
  const type = textOf(monitor, 'type');
  const host = textOf(monitor, 'hostname');
  const port = numberOf(monitor, 'port');
  switch (type) {
    case 'http':
      return webOf(monitor, notes, {});
    case 'keyword': {
      const keyword = textOf(monitor, 'keyword');
      if (keyword === '') throw new LeftError('it looks for a keyword and has none', 'give it one');
      return webOf(
        monitor,
        notes,
        flagOf(monitor, 'invertKeyword')
          ? { conditions: [`!(body contains ${JSON.stringify(keyword)})`] }
          : { keyword },
      );
    }
    case 'json-query':
      return webOf(monitor, notes, { conditions: [jsonCondition(monitor)] });
    case 'port':
      return { kind: 'tcp', target: hostPort(host, port), check: {} };
    case 'ping':
      return { kind: 'icmp', target: host, check: {} };
    case 'dns':
      return { kind: 'dns', target: host, check: { probe: { kind: 'dns', ...dnsOf(monitor) } } };
    case 'push':
      return { kind: 'heartbeat', target: '', check: {} };
    case 'websocket-upgrade':
      return { kind: 'websocket', target: textOf(monitor, 'url'), check: {} };
    case 'mqtt':
      return mqttOf(monitor, host, port);
    case 'postgres':
    case 'mysql':
    case 'redis':
      return databaseOf(monitor, type, notes);
    default:
      throw new LeftError(
        `found a monitor of type ${JSON.stringify(type.slice(0, 40))}, which no check here does`,
        INSTEAD[type] ?? 'report its status from a script with a heartbeat service',
      );
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  docker: 'check the port of the container, or beat from inside it with a heartbeat service',
  'grpc-keyword': 'make a service of kind grpc: it asks the standard health service',
  smtp: 'make a service of kind tls with startTls smtp, or tcp',
  sqlserver: 'check its port with a tcp service',
  mongodb: 'check its port with a tcp service',
  rabbitmq: 'check its management API with an http service',
  'tailscale-ping': 'check a port or address in the tailnet with tcp or icmp',
};

function webOf(monitor: JsonObject, notes: string[], more: JsonObject): Checked {
  const { url, authorization } = takeLogin(textOf(monitor, 'url'));
  const method = methodOf(textOf(monitor, 'method'));
  if (textOf(monitor, 'body') !== '')
    throw new LeftError('it sends a body, and checks send none', 'check an address that needs no body');
  const auth = textOf(monitor, 'authMethod') || textOf(monitor, 'auth_method');
  if (auth !== '' && auth !== 'basic' && auth !== 'null')
    throw new LeftError(`it signs in with ${auth}`, 'check an address that takes a header or basic authentication');
  const given = innerJson(textOf(monitor, 'headers'));
  const pairs = isObject(given) ? Object.entries(given).map(([name, value]) => [name, scalarText(value)] as const) : [];
  const { headers, secretHeaders } = splitHeaders(pairs);
  const user = textOf(monitor, 'basic_auth_user');
  const login = user === '' ? authorization : basicAuth(user, textOf(monitor, 'basic_auth_pass'));
  const secrets = login === null ? secretHeaders : { ...secretHeaders, Authorization: login };
  if (flagOf(monitor, 'ignoreTls') && url.startsWith('https:'))
    notes.push('it accepted any certificate; here a certificate that is not trusted is an outage');
  if (numberOf(monitor, 'proxyId') !== null) notes.push('it went through a proxy; here it goes out directly');
  const statuses = listOf(monitor, 'accepted_statuscodes').filter((each) => typeof each === 'string');
  return {
    kind: 'http',
    target: url,
    check: {
      method,
      ...(statuses.length === 0 ? {} : { expectStatus: statuses }),
      followRedirects: (numberOf(monitor, 'maxredirects') ?? 10) > 0,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      ...(Object.keys(secrets).length === 0 ? {} : { secretHeaders: secrets }),
      ...more,
    },
  };
}

/** Values were compared as text there and are compared by type here: both forms are accepted. */
function jsonCondition(monitor: JsonObject): string {
  const path = textOf(monitor, 'jsonPath').replace(/^\$\.?/, '');
  if (!/^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*|\[\d{1,6}\])*$/.test(path))
    throw new LeftError(
      `its query ${JSON.stringify(path.slice(0, 60))} is more than a path`,
      'write it as conditions: docs/reference/conditions.md',
    );
  const at = `json.${path}`;
  const expected = textOf(monitor, 'expectedValue');
  const operator = textOf(monitor, 'jsonPathOperator') || '==';
  const value = JSON.stringify(expected);
  const typed = /^-?\d+(\.\d+)?$|^true$|^false$/.test(expected) ? expected : null;
  if (operator === '==') return typed === null ? `${at} == ${value}` : `${at} in [${typed}, ${value}]`;
  if (operator === '!=') return typed === null ? `${at} != ${value}` : `!(${at} in [${typed}, ${value}])`;
  if (operator === 'contains') return `${at} contains ${value}`;
  if (/^[<>]=?$/.test(operator) && /^-?\d/.test(expected) && typed !== null) return `${at} ${operator} ${typed}`;
  throw new LeftError(
    `it compares with ${JSON.stringify(operator.slice(0, 20))}`,
    'write it as conditions: docs/reference/conditions.md',
  );
}

function dnsOf(monitor: JsonObject): JsonObject {
  const [resolver = ''] = textOf(monitor, 'dns_resolve_server').split(',');
  const port = numberOf(monitor, 'port');
  const record = textOf(monitor, 'dns_resolve_type');
  const server = resolver.trim();
  return {
    ...(record === '' ? {} : { record }),
    ...(server === '' ? {} : { resolver: port === null || port === 53 ? server : `${server}:${port}` }),
  };
}

function mqttOf(monitor: JsonObject, host: string, port: number | null): Checked {
  if (/^(wss?|http)/i.test(host)) throw new LeftError('it speaks MQTT over WebSocket', 'check the broker’s MQTT port');
  const isTls = /^mqtts:\/\//i.test(host);
  const success = textOf(monitor, 'mqttSuccessMessage');
  const password = textOf(monitor, 'mqttPassword');
  return {
    kind: 'mqtt',
    target: hostPort(host.replace(/^mqtts?:\/\//i, ''), port ?? (isTls ? 8883 : 1883)),
    check: {
      probe: {
        kind: 'mqtt',
        user: textOf(monitor, 'mqttUsername'),
        encryption: isTls ? 'on' : 'off',
        topic: textOf(monitor, 'mqttTopic') || null,
      },
      ...(success === '' ? {} : { conditions: [`value contains ${JSON.stringify(success)}`] }),
      ...(password === '' ? {} : { secrets: { password } }),
    },
  };
}

function databaseOf(monitor: JsonObject, kind: 'mysql' | 'postgres' | 'redis', notes: string[]): Checked {
  const text = textOf(monitor, 'databaseConnectionString');
  const ports =
    kind === 'postgres'
      ? { postgres: 5432, postgresql: 5432 }
      : kind === 'mysql'
        ? { mysql: 3306 }
        : { redis: 6379, rediss: 6379 };
  const login = readLogin(text, ports);
  const password = login.password || textOf(monitor, 'radiusPassword');
  const mode = login.query.get('sslmode');
  const encryption = login.scheme === 'rediss' || (mode !== null && mode !== 'disable') ? 'on' : 'off';
  const query = textOf(monitor, 'databaseQuery');
  if (kind === 'redis' && query !== '') notes.push('its query is not asked; the server answers PING');
  return {
    kind,
    target: login.target,
    check: {
      probe: {
        kind,
        ...(login.user === '' ? {} : { user: login.user }),
        ...(kind === 'redis' ? {} : { ...(login.path === '' ? {} : { database: login.path }), query: query || null }),
        encryption,
      },
      ...(password === '' ? {} : { secrets: { password } }),
    },
  };
}

function hostPort(host: string, port: number | null): string {
  if (host === '' || port === null) throw new LeftError('it has no host and port', 'give it both');
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

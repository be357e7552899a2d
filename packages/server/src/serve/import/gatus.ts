/** Gatus: the YAML file with `endpoints`, `external-endpoints`, `alerting` and `maintenance`, after it was parsed. */
import { isZone } from '@statewire/model';
import type { Json, JsonObject } from '@statewire/protocol';
import { gatusChannels } from './gatus-channel.ts';
import { conditionsOf, durationOf } from './gatus-condition.ts';
import { LeftError, Plans, type ImportContext, type Item, type Plan } from './plan.ts';
import {
  clamp,
  fieldOf,
  flagOf,
  isObject,
  lineOf,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  scalarText,
  slugOf,
  textOf,
} from './read.ts';
import { methodOf, splitHeaders, takeLogin } from './web.ts';

/** Translates a file. */
export function readGatus(file: JsonObject, context: ImportContext): Plan {
  const plans = new Plans();
  const defaults = objectOf(file, 'alerting');
  for (const [index, endpoint] of objectsOf(file, 'endpoints').entries()) {
    const from = `endpoint ${index + 1}`;
    const id = idOf(endpoint);
    plans.take(from, nameOf(endpoint), () => endpointOf(endpoint, { id, from, alerting: defaults }));
    windowsOf(plans, endpoint, context, { id, from });
  }
  for (const [index, endpoint] of objectsOf(file, 'external-endpoints').entries()) {
    const from = `external endpoint ${index + 1}`;
    const id = idOf(endpoint);
    plans.take(from, nameOf(endpoint), () => externalOf(endpoint, { id, from }));
    windowsOf(plans, endpoint, context, { id, from });
  }
  gatusChannels(plans, defaults);
  const maintenance = objectOf(file, 'maintenance');
  if (textOf(maintenance, 'start') !== '') {
    const where = { id: 'gatus-maintenance', from: 'maintenance', selector: ['prefix', 'id', 'gatus-'] };
    plans.take('maintenance', 'Maintenance', () => maintenanceOf(maintenance, context, where));
  }
  for (const [index, suite] of objectsOf(file, 'suites').entries())
    plans.leave(
      `suite ${index + 1}`,
      nameOf(suite),
      'suites run endpoints one after another',
      'check the endpoints one by one',
    );
  for (const [field, reason] of Object.entries(ELSEWHERE)) {
    if (fieldOf(file, field) !== null) plans.leave(field, '', reason, 'see the configuration of this server');
  }
  return plans.plan();
}

const ELSEWHERE: Readonly<Record<string, string>> = {
  connectivity: 'whether this server itself is cut off is not looked at this way',
  remote: 'other instances are not read',
  security: 'people sign in differently here',
};

function nameOf(of: JsonObject): string {
  return lineOf(textOf(of, 'name'), 200);
}

/** Group and name are what Gatus knows an endpoint by. */
function idOf(of: JsonObject): string {
  const group = slugOf(textOf(of, 'group'));
  return `gatus-${group === '' ? '' : `${group}_`}${slugOf(textOf(of, 'name'))}`.slice(0, 120);
}

interface Where {
  readonly id: string;
  readonly from: string;
}

function endpointOf(of: JsonObject, where: Where & { readonly alerting: JsonObject }): Item {
  assertPlain(of);
  const notes: string[] = [];
  const name = nameOf(of);
  if (name === '') throw new LeftError('it has no name', 'give it one');
  const { kind, target, probe, more } = checkedOf(of, notes);
  const client = objectOf(of, 'client');
  for (const field of ['oauth2', 'identity-aware-proxy', 'proxy-url', 'tls', 'tunnel']) {
    if (fieldOf(client, field) !== null)
      throw new LeftError(`its client has ${field}, and checks have none`, 'check an address that needs none of it');
  }
  if (flagOf(client, 'insecure'))
    notes.push('it accepted any certificate; here a certificate that is not trusted is an outage');
  const texts = listOf(of, 'conditions').filter((each) => typeof each === 'string');
  const { conditions, degradedMs, certificateDays, expect } = conditionsOf(texts, kind, notes);
  const check: JsonObject = {
    intervalMs: clamp(durationOf(textOf(of, 'interval')) ?? 60_000, 1_000, 31 * 86_400_000),
    timeoutMs: clamp(durationOf(textOf(client, 'timeout')) ?? 10_000, 100, 300_000),
    ...thresholdsOf(of, where.alerting),
    ...(kind === 'http' ? httpOf(of, client) : {}),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(degradedMs === null ? {} : { degradedMs }),
    ...(certificateDays === null ? {} : { certificateDays }),
    ...(probe === null ? {} : { probe: kind === 'dns' ? { ...probe, expect } : probe }),
    ...more,
  };
  return {
    collection: 'services',
    id: where.id,
    name,
    from: where.from,
    fields: {
      name,
      kind,
      target,
      group: lineOf(textOf(of, 'group'), 128),
      labels: labelsOf(objectOf(of, 'extra-labels')),
      check,
      ...(flagOf(of, 'enabled', true) ? {} : { desired: 'paused' }),
    },
    notes,
  };
}

/** A variable of the environment would become part of a name or an address as it is written. */
function assertPlain(value: Json): void {
  if (typeof value === 'string') {
    const name = /\$\{?([A-Z_][A-Z0-9_]*)\}?/.exec(value)?.[1];
    if (name !== undefined && value.includes('${'))
      throw new LeftError(`found the variable ${name.slice(0, 40)}`, 'put its value into the file, for this import');
  } else if (Array.isArray(value)) value.forEach((each: Json) => assertPlain(each));
  else if (isObject(value)) Object.values(value).forEach((each) => assertPlain(each));
}

interface Checked {
  readonly kind: string;
  readonly target: string;
  readonly probe: JsonObject | null;
  readonly more: JsonObject;
}

function checkedOf(of: JsonObject, notes: string[]): Checked {
  const url = textOf(of, 'url');
  const dns = fieldOf(of, 'dns');
  if (isObject(dns)) {
    const record = textOf(dns, 'query-type').toUpperCase();
    const probe = { kind: 'dns', resolver: url, ...(record === '' ? {} : { record }) };
    return { kind: 'dns', target: textOf(dns, 'query-name').replace(/\.$/, ''), probe, more: {} };
  }
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '';
  const rest = url.slice(scheme.length + 3).replace(/\/+$/, '');
  switch (scheme) {
    case 'http':
    case 'https': {
      const { url: target, authorization } = takeLogin(url);
      const login = authorization === null ? {} : { secretHeaders: { Authorization: authorization } };
      return { kind: 'http', target, probe: null, more: login };
    }
    case 'tcp':
      if (textOf(of, 'body') !== '') notes.push('what it sent after connecting is not sent');
      return { kind: 'tcp', target: rest, probe: null, more: {} };
    case 'tls':
      return { kind: 'tls', target: rest, probe: null, more: {} };
    case 'starttls': {
      const startTls = /:(143|993)$/.test(rest) ? 'imap' : rest.endsWith(':5432') ? 'postgres' : 'smtp';
      return { kind: 'tls', target: rest, probe: { kind: 'tls', startTls }, more: {} };
    }
    case 'icmp':
      return { kind: 'icmp', target: rest, probe: null, more: {} };
    case 'ws':
    case 'wss': {
      const message = textOf(of, 'body');
      return {
        kind: 'websocket',
        target: url,
        probe: message === '' ? null : { kind: 'websocket', message },
        more: {},
      };
    }
    case 'grpc':
    case 'grpcs':
      return {
        kind: 'grpc',
        target: rest,
        probe: { kind: 'grpc', encryption: scheme === 'grpcs' ? 'on' : 'off' },
        more: {},
      };
    default:
      throw new LeftError(
        `found ${scheme === '' ? 'an address without a scheme' : `${scheme}://`}, which no check here does`,
        scheme === 'ssh' ? 'check port 22 with tcp://' : 'report its status from a script with a heartbeat service',
      );
  }
}

function httpOf(of: JsonObject, client: JsonObject): JsonObject {
  if (textOf(of, 'body') !== '' || flagOf(of, 'graphql'))
    throw new LeftError('it sends a body, and checks send none', 'check an address that needs no body');
  const pairs = Object.entries(objectOf(of, 'headers')).map(([name, value]) => [name, scalarText(value)] as const);
  const { headers, secretHeaders } = splitHeaders(pairs);
  const login = takeLogin(textOf(of, 'url')).authorization;
  const secrets = login === null ? secretHeaders : { ...secretHeaders, Authorization: login };
  return {
    method: methodOf(textOf(of, 'method')),
    // Without a condition on it any status was fine.
    expectStatus: ['100-599'],
    followRedirects: !flagOf(client, 'ignore-redirect'),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(Object.keys(secrets).length === 0 ? {} : { secretHeaders: secrets }),
  };
}

/** How often in a row, as its first alert says, or the default of that alert's provider. */
function thresholdsOf(of: JsonObject, alerting: JsonObject): JsonObject {
  const [alert = {}] = objectsOf(of, 'alerts');
  const standard = objectOf(objectOf(alerting, textOf(alert, 'type')), 'default-alert');
  const fail = numberOf(alert, 'failure-threshold') ?? numberOf(standard, 'failure-threshold') ?? 3;
  const recover = numberOf(alert, 'success-threshold') ?? numberOf(standard, 'success-threshold') ?? 2;
  return { failAfter: clamp(fail, 1, 10), recoverAfter: clamp(recover, 1, 10) };
}

function labelsOf(labels: JsonObject): JsonObject {
  const pairs = Object.entries(labels).slice(0, 32);
  return Object.fromEntries(pairs.map(([name, value]) => [lineOf(name, 128), lineOf(scalarText(value), 128)]));
}

function externalOf(of: JsonObject, where: Where): Item {
  assertPlain(of);
  const notes = ['its address and token are others here: see the service; change them where results are pushed'];
  const name = nameOf(of);
  if (name === '') throw new LeftError('it has no name', 'give it one');
  const interval = durationOf(textOf(objectOf(of, 'heartbeat'), 'interval'));
  if (interval === null)
    notes.push('it had no heartbeat interval and never went silent; here it expires after 31 days');
  return {
    collection: 'services',
    id: where.id,
    name,
    from: where.from,
    fields: {
      name,
      kind: 'heartbeat',
      group: lineOf(textOf(of, 'group'), 128),
      check: { intervalMs: clamp(interval ?? 31 * 86_400_000, 1_000, 31 * 86_400_000) },
      ...(flagOf(of, 'enabled', true) ? {} : { desired: 'paused' }),
    },
    notes,
  };
}

function windowsOf(plans: Plans, endpoint: JsonObject, context: ImportContext, { id, from }: Where): void {
  if (!plans.has('services', id)) return;
  for (const [index, window] of objectsOf(endpoint, 'maintenance-windows').entries()) {
    const where = { id: `${id}-window-${index + 1}`, from: `${from}, window ${index + 1}`, selector: ['eq', 'id', id] };
    plans.take(where.from, nameOf(endpoint), () => maintenanceOf(window, context, where));
  }
}

const DAYS: Readonly<Record<string, string>> = {
  Monday: 'MO',
  Tuesday: 'TU',
  Wednesday: 'WE',
  Thursday: 'TH',
  Friday: 'FR',
  Saturday: 'SA',
  Sunday: 'SU',
};

function maintenanceOf(
  of: JsonObject,
  { now }: ImportContext,
  where: Where & { readonly selector: readonly string[] },
): Item {
  if (!flagOf(of, 'enabled', true)) throw new LeftError('it is not enabled', 'make it here when it is needed');
  const start = /^(\d\d):(\d\d)$/.exec(textOf(of, 'start'));
  const durationMs = durationOf(textOf(of, 'duration'));
  if (start === null || durationMs === null)
    throw new LeftError('it has no start and duration', 'write them as "23:00" and "1h"');
  const zone = textOf(of, 'timezone') || 'UTC';
  if (!isZone(zone))
    throw new LeftError(`found the time zone ${JSON.stringify(zone.slice(0, 40))}`, 'write one such as Europe/Berlin');
  const days = listOf(of, 'every').map((day) =>
    typeof day === 'string' && Object.hasOwn(DAYS, day) ? DAYS[day] : undefined,
  );
  if (days.includes(undefined)) throw new LeftError('it has days that are none', 'write them as Monday to Sunday');
  const rhythm = days.length === 0 ? 'FREQ=DAILY' : `FREQ=WEEKLY;BYDAY=${days.join(',')}`;
  return {
    collection: 'maintenances',
    id: where.id,
    name: 'Maintenance',
    from: where.from,
    fields: {
      title: 'Maintenance',
      selector: { collection: 'services', where: where.selector },
      schedule: {
        kind: 'repeat',
        rrule: `${rhythm};BYHOUR=${Number(start[1])};BYMINUTE=${Number(start[2])}`,
        durationMs,
        zone,
        // The start of the day, so that a window of today is not missed.
        from: Math.floor(now / 86_400_000) * 86_400_000 - 86_400_000,
      },
    },
    notes: ['Gatus only kept silent; here the status is maintenance and the time does not count'],
  };
}

import { auditVerdictSchema, ConfigError, loadConfig, verifyAuditFile, type AuditVerdict } from '@statewire/server';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { apiOptions, call, endpoint, problem } from '../api.ts';
import { text, UsageError, type Args, type Command, type Terminal } from '../command.ts';

/** What one look found. */
interface Finding {
  readonly name: string;
  readonly isOk: boolean;
  readonly text: string;
}

/** `statewire doctor`: looks at what a server needs on this machine and says what to do. */
export const doctor: Command = {
  name: 'doctor',
  usage: 'statewire doctor [--audit [--head HASH] [--url URL]]',
  summary: 'Look at this machine, the configuration and the data; --audit: is the audit log whole?',
  options: { ...apiOptions, audit: { type: 'boolean' }, head: { type: 'string' } },
  async run(terminal, args) {
    const findings =
      args.values['audit'] === true
        ? await audit(terminal, args)
        : [nodeVersion(), sqliteVersion(), ...(await ofConfig(terminal))];
    for (const finding of findings)
      terminal.out(`${finding.isOk ? 'ok  ' : 'BAD '} ${finding.name.padEnd(14)} ${finding.text}`);
    return findings.every((finding) => finding.isOk) ? 0 : 1;
  },
};

/** The log in the data directory, or with `--url` that of a running server. */
async function audit(terminal: Terminal, args: Args): Promise<readonly Finding[]> {
  const head = text(args, 'head');
  if (head !== undefined && !/^[\w-]{43}$/u.test(head))
    throw new UsageError(`--head: found ${JSON.stringify(head.slice(0, 60))}, expected a hash of 43 characters`);
  if (text(args, 'url') !== undefined) {
    const path = `/v1/audit/verify${head === undefined ? '' : `?head=${head}`}`;
    const answer = await call(endpoint(terminal, args), { method: 'GET', path });
    if (!answer.ok) return [{ name: 'audit', isOk: false, text: problem(answer) }];
    const verdict = auditVerdictSchema.safeParse(answer.body);
    if (verdict.success) return findingsOf([verdict.data]);
    const said = `found an answer that is no verdict on an audit log, expected one: is ${text(args, 'url')} a server of this release?`;
    return [{ name: 'audit', isOk: false, text: said }];
  }
  try {
    const path = join(loadConfig({ env: terminal.env }).data, 'statewire.db');
    if (!existsSync(path)) return [{ name: 'audit', isOk: false, text: `${path} is not there: nothing to look at` }];
    return findingsOf(await verifyAuditFile(path, head ?? null));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name: 'configuration', isOk: false, text: error.message }];
  }
}

function findingsOf(verdicts: readonly AuditVerdict[]): readonly Finding[] {
  if (verdicts.length === 0) return [{ name: 'audit', isOk: true, text: 'nothing was audited yet' }];
  return verdicts.flatMap(({ org, isWhole, from, rows, head, flaws }) => {
    const name = `audit ${org}`;
    const front = from > 1 ? ` from row ${from} on (what was before went by retention)` : '';
    const end = `${rows} rows${front}, head ${head.seq} ${head.hash}`;
    return isWhole
      ? [{ name, isOk: true, text: `whole: ${end}` }]
      : [...flaws.map(({ text: flaw }) => ({ name, isOk: false, text: flaw })), { name, isOk: false, text: end }];
  });
}

function nodeVersion(): Finding {
  const found = process.versions.node;
  const isOk = Number(found.split('.')[0]) >= 24;
  return {
    name: 'node',
    isOk,
    text: isOk ? found : `found ${found}, expected 24 or newer: install it, or use npm start in a clone`,
  };
}

function sqliteVersion(): Finding {
  const db = new DatabaseSync(':memory:');
  const found = String(db.prepare('SELECT sqlite_version() AS v').get()?.['v']);
  db.close();
  const [major = 0, minor = 0, patch = 0] = found.split('.').map(Number);
  const isOk = major * 1_000_000 + minor * 1_000 + patch >= 3_051_003;
  return {
    name: 'sqlite',
    isOk,
    text: isOk
      ? found
      : `found ${found}, expected 3.51.3 or newer (older ones can lose acknowledged writes): use a newer Node`,
  };
}

async function ofConfig(terminal: Terminal): Promise<readonly Finding[]> {
  try {
    const config = loadConfig({ env: terminal.env });
    const file = config.file === null ? 'no file, defaults and environment' : config.file;
    return [
      { name: 'configuration', isOk: true, text: file },
      {
        name: 'egress',
        isOk: true,
        text:
          config.egress.mode === 'any'
            ? 'any address may be probed'
            : `public addresses${config.egress.allow.length > 0 ? ` and ${config.egress.allow.map((rule) => rule.cidr).join(', ')}` : ' only: set STATEWIRE_EGRESS=any to probe your own network'}`,
      },
      await server(config),
      data(config.data),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name: 'configuration', isOk: false, text: error.message }];
  }
}

async function server(config: { readonly host: string; readonly port: number }): Promise<Finding> {
  const url = `http://${config.host === '0.0.0.0' ? '127.0.0.1' : config.host}:${config.port}`;
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(3_000) });
    return {
      name: 'server',
      isOk: response.ok,
      text: response.ok ? `healthy at ${url}` : `answers ${response.status} at ${url}: see its log`,
    };
  } catch (error) {
    // fetch rejects with TypeError for the network and with TimeoutError for the limit.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
    return { name: 'server', isOk: true, text: `nothing answers at ${url}` };
  }
}

/** A running server holds its files; a look at them is safe beside it, because it only reads. */
function data(folder: string): Finding {
  const path = join(folder, 'statewire.db');
  if (!existsSync(path)) return { name: 'data', isOk: true, text: `${folder} is empty` };
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    const verdict = String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']);
    const mb = (statSync(path).size / 1_048_576).toFixed(1);
    return {
      name: 'data',
      isOk: verdict === 'ok',
      text:
        verdict === 'ok'
          ? `${folder}, ${mb} MB, sound`
          : `${path} is damaged (${verdict}): stop the server and restore a backup`,
    };
  } finally {
    db.close();
  }
}

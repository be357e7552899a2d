import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

/** Does a file begin as an SQLite database does? */
export function isDatabase(bytes: Buffer): boolean {
  return bytes.subarray(0, 16).toString('latin1') === 'SQLite format 3\0';
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/**
 * What stands in a `kuma.db` of Uptime Kuma 1.x or 2.x, in the shape of its JSON backup. Opened for reading only: a
 * Kuma that runs on it is not disturbed.
 */
export function readKumaDatabase(path: string): object {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = (table: string): readonly Row[] => {
      const known = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
      // The name is one of those below; older releases lack some of the tables.
      return known === undefined ? [] : database.prepare(`SELECT * FROM "${table}"`).all();
    };
    const tags = new Map(rows('tag').map((tag) => [tag['id'], tag]));
    const tagged = rows('monitor_tag');
    const told = rows('monitor_notification');
    const maintained = rows('monitor_maintenance');
    return {
      version: 'kuma.db',
      monitorList: rows('monitor').map((monitor) => ({
        ...camelled(monitor),
        accepted_statuscodes: json(monitor['accepted_statuscodes_json'], []),
        tags: tagged
          .filter((each) => each['monitor_id'] === monitor['id'])
          .map((each) => ({ name: tags.get(each['tag_id'] ?? null)?.['name'] ?? '', value: each['value'] ?? '' })),
        notificationIDList: Object.fromEntries(
          told
            .filter((each) => each['monitor_id'] === monitor['id'])
            .map((each) => [String(each['notification_id']), true]),
        ),
      })),
      notificationList: rows('notification').map(plain),
      maintenanceList: rows('maintenance').map((maintenance) => ({
        ...plain(maintenance),
        monitorIDList: maintained
          .filter((each) => each['maintenance_id'] === maintenance['id'])
          .map((each) => number(each['monitor_id'])),
      })),
      proxyList: rows('proxy').map((proxy) => ({ id: number(proxy['id']) })),
    };
  } finally {
    database.close();
  }
}

/** Columns whose field in the backup has another name than the column. */
const NAMES: Readonly<Record<string, string>> = {
  upside_down: 'upsideDown',
  ignore_tls: 'ignoreTls',
  invert_keyword: 'invertKeyword',
  proxy_id: 'proxyId',
  auth_method: 'authMethod',
  json_path: 'jsonPath',
  json_path_operator: 'jsonPathOperator',
  expected_value: 'expectedValue',
  mqtt_topic: 'mqttTopic',
  mqtt_success_message: 'mqttSuccessMessage',
  mqtt_username: 'mqttUsername',
  mqtt_password: 'mqttPassword',
  database_connection_string: 'databaseConnectionString',
  database_query: 'databaseQuery',
};

function camelled(row: Row): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [NAMES[name] ?? name, number(value)]));
}

function plain(row: Row): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, number(value)]));
}

/** A value as JSON can hold it. */
function number(value: SQLOutputValue | undefined): string | number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function json(value: SQLOutputValue | undefined, fallback: unknown): unknown {
  if (typeof value !== 'string') return fallback;
  try {
    return JSON.parse(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fallback;
  }
}

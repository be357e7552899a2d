import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isDatabase, readKumaDatabase } from './kuma-database.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kuma-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The tables and columns that are read, as Kuma's migrations name them. */
const SCHEMA = `
  CREATE TABLE monitor (id INTEGER PRIMARY KEY, name VARCHAR(150), active BOOLEAN DEFAULT 1, user_id INTEGER, interval INTEGER DEFAULT 20,
    url TEXT, type VARCHAR(20), weight INTEGER DEFAULT 2000, hostname VARCHAR(255), port INTEGER, created_date DATETIME, keyword VARCHAR(255),
    maxretries INTEGER DEFAULT 0, ignore_tls BOOLEAN DEFAULT 0, upside_down BOOLEAN DEFAULT 0, maxredirects INTEGER DEFAULT 10,
    accepted_statuscodes_json TEXT DEFAULT '["200-299"]', dns_resolve_type VARCHAR(5), dns_resolve_server VARCHAR(255), method TEXT DEFAULT 'GET',
    body TEXT, headers TEXT, basic_auth_user TEXT, basic_auth_pass TEXT, proxy_id INTEGER, parent INTEGER, timeout DOUBLE DEFAULT 0,
    json_path TEXT, expected_value VARCHAR(255), json_path_operator VARCHAR(255), invert_keyword BOOLEAN DEFAULT 0, description TEXT,
    database_connection_string VARCHAR(2000), database_query TEXT, mqtt_topic TEXT, mqtt_username VARCHAR(255));
  CREATE TABLE tag (id INTEGER PRIMARY KEY, name VARCHAR(255), color VARCHAR(255));
  CREATE TABLE monitor_tag (id INTEGER PRIMARY KEY, monitor_id INTEGER, tag_id INTEGER, value TEXT);
  CREATE TABLE notification (id INTEGER PRIMARY KEY, name VARCHAR(255), config TEXT, active BOOLEAN DEFAULT 1, user_id INTEGER, is_default BOOLEAN DEFAULT 0);
  CREATE TABLE monitor_notification (id INTEGER PRIMARY KEY, monitor_id INTEGER, notification_id INTEGER);
  CREATE TABLE maintenance (id INTEGER PRIMARY KEY, title VARCHAR(150), description TEXT, user_id INTEGER, active BOOLEAN DEFAULT 1,
    strategy VARCHAR(50) DEFAULT 'single', start_date DATETIME, end_date DATETIME, start_time TIME, end_time TIME, weekdays VARCHAR(250) DEFAULT '[]',
    days_of_month TEXT DEFAULT '[]', interval_day INTEGER, cron TEXT, timezone VARCHAR(255), duration INTEGER);
  CREATE TABLE monitor_maintenance (id INTEGER PRIMARY KEY, monitor_id INTEGER, maintenance_id INTEGER);
`;

/** A database with one monitor of each thing that hangs on it. */
function makeDatabase(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(SCHEMA);
  database.exec(`
    INSERT INTO monitor (id, name, type, url, upside_down, json_path, accepted_statuscodes_json, timeout) VALUES (7, 'Cart', 'json-query', 'https://cart.example.org/', 0, 'ok', '["200","301"]', 16);
    INSERT INTO tag VALUES (1, 'env', '#fff');
    INSERT INTO monitor_tag VALUES (1, 7, 1, 'prod');
    INSERT INTO notification VALUES (3, 'Chat', '{"type":"slack","slackwebhookURL":"https://hooks.slack.example/x"}', 1, 1, 1);
    INSERT INTO monitor_notification VALUES (1, 7, 3);
    INSERT INTO maintenance (id, title, strategy, weekdays, start_time, end_time) VALUES (5, 'Sundays', 'recurring-weekday', '[0]', '02:00', '03:00');
    INSERT INTO monitor_maintenance VALUES (1, 7, 5);
  `);
  database.close();
}

test('a kuma.db is read into the shape of the backup, and not changed', () => {
  const path = join(dir, 'kuma.db');
  makeDatabase(path);
  const before = readFileSync(path);
  expect(isDatabase(before)).toBe(true);
  expect(readKumaDatabase(path)).toMatchObject({
    monitorList: [
      {
        id: 7,
        name: 'Cart',
        type: 'json-query',
        active: 1,
        upsideDown: 0,
        jsonPath: 'ok',
        timeout: 16,
        accepted_statuscodes: ['200', '301'],
        tags: [{ name: 'env', value: 'prod' }],
        notificationIDList: { 3: true },
      },
    ],
    notificationList: [{ id: 3, name: 'Chat', config: expect.stringContaining('slackwebhookURL') }],
    maintenanceList: [{ id: 5, strategy: 'recurring-weekday', weekdays: '[0]', monitorIDList: [7] }],
    proxyList: [],
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('an older database without some tables is read as far as it goes', () => {
  const path = join(dir, 'old.db');
  const database = new DatabaseSync(path);
  database.exec(
    "CREATE TABLE monitor (id INTEGER PRIMARY KEY, name TEXT, type TEXT, accepted_statuscodes_json TEXT); INSERT INTO monitor VALUES (1, 'A', 'push', 'broken');",
  );
  database.close();
  expect(readKumaDatabase(path)).toMatchObject({
    monitorList: [{ id: 1, type: 'push', accepted_statuscodes: [], tags: [], notificationIDList: {} }],
    notificationList: [],
    maintenanceList: [],
  });
});

test('what is no database is none, and a damaged one says so', () => {
  expect(isDatabase(Buffer.from('{}'))).toBe(false);
  const path = join(dir, 'bad.db');
  writeFileSync(path, `SQLite format 3\0${'x'.repeat(5000)}`);
  expect(() => readKumaDatabase(path)).toThrow(/not a database|malformed|unsupported/i);
});

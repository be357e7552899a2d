import type { DatabaseSync } from 'node:sqlite';

/**
 * Makes the tables of a new file, as better-auth would, without loading it: a start must be quick. A file from before
 * this shape is `migrate`d by the library, once. A test asks the library whether anything is lacking here.
 */
export async function createTables(db: DatabaseSync, migrate: () => Promise<void>): Promise<void> {
  if (db.prepare('PRAGMA user_version').get()?.['user_version'] === SHAPE) return;
  const isNew = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'user'").get() === undefined;
  if (isNew) db.exec(TABLES);
  else await migrate();
  db.exec(`PRAGMA user_version = ${SHAPE}`);
}

/** Raised whenever the library, or what we add to it, wants other tables. */
const SHAPE = 1;

// In one transaction: a kill in the middle leaves an empty file.
const TABLES = `BEGIN IMMEDIATE;
CREATE TABLE "user" (
  "id" text NOT NULL PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL UNIQUE, "emailVerified" integer NOT NULL,
  "image" text, "createdAt" date NOT NULL, "updatedAt" date NOT NULL, "role" text NOT NULL, "org" text NOT NULL
);
CREATE TABLE "session" (
  "id" text NOT NULL PRIMARY KEY, "expiresAt" date NOT NULL, "token" text NOT NULL UNIQUE, "createdAt" date NOT NULL,
  "updatedAt" date NOT NULL, "ipAddress" text, "userAgent" text,
  "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "way" text, "lastSeenAt" bigint
);
CREATE TABLE "account" (
  "id" text NOT NULL PRIMARY KEY, "accountId" text NOT NULL, "providerId" text NOT NULL,
  "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "accessToken" text, "refreshToken" text,
  "idToken" text, "accessTokenExpiresAt" date, "refreshTokenExpiresAt" date, "scope" text, "password" text,
  "createdAt" date NOT NULL, "updatedAt" date NOT NULL
);
CREATE TABLE "verification" (
  "id" text NOT NULL PRIMARY KEY, "identifier" text NOT NULL, "value" text NOT NULL, "expiresAt" date NOT NULL,
  "createdAt" date NOT NULL, "updatedAt" date NOT NULL
);
CREATE INDEX "session_userId_idx" ON "session" ("userId");
CREATE INDEX "account_userId_idx" ON "account" ("userId");
CREATE INDEX "verification_identifier_idx" ON "verification" ("identifier");
COMMIT`;

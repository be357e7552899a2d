/**
 * The audit log as it lies in the file, for `statewire doctor --audit`: without a server, or beside one that runs, since it only
 * reads.
 */
import { DatabaseSync } from 'node:sqlite';
import type { AuditHead } from '../audit.ts';
import { verifyAudit, type AuditVerdict } from '../verify-audit.ts';
import { auditHeadOf, findAudits, toAudits } from './audits.ts';
import { schemaOf } from './schema.ts';

/** The verdict on every chain of a database; empty when nothing was ever audited. `kept`: a hash that one of them must hold. */
export async function verifyAuditFile(path: string, kept: string | null = null): Promise<readonly AuditVerdict[]> {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    if (schemaOf(db) < SCHEMA) return [];
    // One state of the file, whatever a server writes meanwhile.
    db.exec('begin');
    const orgs = db.prepare('select org from audit_heads union select distinct org from audits order by org').all();
    const verdicts: AuditVerdict[] = [];
    for (const { org } of orgs) verdicts.push(await verdictOf(db, String(org)));
    if (kept === null || verdicts.some(({ flaws }) => flaws.length > 0)) {
      return kept === null ? verdicts : Promise.all(verdicts.map(({ org }) => verdictOf(db, org, kept)));
    }
    // The hash belongs to one chain: it is missed where no chain has it.
    const withKept = await Promise.all(verdicts.map(({ org }) => verdictOf(db, org, kept)));
    return withKept.some(({ isWhole }) => isWhole) ? verdicts : withKept;
  } finally {
    db.close();
  }
}

/** The step of the schema that made the log. */
const SCHEMA = 3;

function verdictOf(db: DatabaseSync, org: string, kept: string | null = null): Promise<AuditVerdict> {
  const head: AuditHead | null = auditHeadOf(db, org);
  return verifyAudit(org, async (q) => toAudits(findAudits(db, q).cells), { head, kept });
}

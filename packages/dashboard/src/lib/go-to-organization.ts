import { chooseOrganization } from '../rest/organizations.ts';
import type { Problem } from '../rest/request.ts';
import { env } from './env.ts';

/** Takes the session into another organization; what went wrong, or null, and then the page is loaded anew. */
export async function goToOrganization(org: string): Promise<Problem | null> {
  const answer = await chooseOrganization(org);
  if (!answer.ok) return answer.problem;
  // The session has moved, and so have all its tabs: each is told, and everything is loaded anew.
  env.write('organization', org);
  location.assign('/');
  return null;
}

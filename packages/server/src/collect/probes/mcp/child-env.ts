/**
 * The environment of a child: what its command lists, and of our own only what programs cannot start without.
 * Our own variables hold keys; a server we watch has no business with them.
 */
export function childEnv(
  own: Readonly<Record<string, string | undefined>>,
  listed: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = own[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...listed };
}

/** PATH and HOME; the others are Windows' names for the same needs. */
const INHERITED: readonly string[] = ['PATH', 'HOME', 'SystemRoot', 'USERPROFILE', 'PATHEXT', 'TEMP'];

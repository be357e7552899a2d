/** `Firefox on Linux`: what a program calls itself, in words; the text itself when it says nothing we know. */
export function agentName(agent: string): string {
  if (agent === '') return 'Unknown program';
  const program = PROGRAMS.find(([, sign]) => sign.test(agent))?.[0];
  const system = SYSTEMS.find(([, sign]) => sign.test(agent))?.[0];
  if (program === undefined) return agent.length > 40 ? `${agent.slice(0, 39)}…` : agent;
  return system === undefined ? program : `${program} on ${system}`;
}

// Each imitates those below it, so the order decides.
const PROGRAMS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdgA?\//u],
  ['Opera', /\bOPR\//u],
  ['Samsung Internet', /\bSamsungBrowser\//u],
  ['Firefox', /\b(?:Firefox|FxiOS)\//u],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\//u],
  ['Safari', /\bSafari\//u],
  ['curl', /^curl\//u],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['Android', /\bAndroid\b/u],
  ['iPhone', /\biPhone\b/u],
  ['iPad', /\biPad\b/u],
  ['Windows', /\bWindows\b/u],
  ['macOS', /\bMac OS X\b/u],
  ['ChromeOS', /\bCrOS\b/u],
  ['Linux', /\bLinux\b/u],
];

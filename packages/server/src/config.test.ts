import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig, settings, type Config, type LoadOptions } from './config.ts';

function load(
  env: Record<string, string | undefined> = {},
  yaml: string | null = null,
  more: LoadOptions = {},
): Config {
  return loadConfig({ env, cwd: '/srv', read: (path) => (path.endsWith('.yaml') ? yaml : null), ...more });
}

function problems(env: Record<string, string | undefined>, yaml: string | null = null): ConfigError {
  try {
    load(env, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

test('an empty environment is a complete configuration, with the network closed to private addresses', () => {
  expect(load()).toMatchObject({
    port: 4800,
    host: '127.0.0.1',
    data: '/srv/.statewire',
    file: null,
    adminKey: null,
    secretKeys: null,
    demo: null,
    egress: { mode: 'public', allow: [] },
    origins: [],
    trustProxy: false,
    metricsLoopback: false,
    commands: {},
    services: [],
    captures: [],
    collections: null,
    warnings: [],
  });
});

test('the environment wins over the file, the file over the defaults; an empty variable counts as unset', () => {
  const yaml = 'port: 5000\nhost: 0.0.0.0\nlogLevel: warn\n';
  expect(load({ STATEWIRE_PORT: '6000', STATEWIRE_HOST: '' }, yaml)).toMatchObject({
    port: 6000,
    host: '0.0.0.0',
    logLevel: 'warn',
    file: '/srv/.statewire/statewire.yaml',
  });
});

test('the MCP endpoint is on until somebody says off, as YAML or a person spells it', () => {
  expect(load().mcp).toBe(true);
  for (const word of ['off', 'false']) expect(load({}, `mcp: ${word}\n`).mcp, word).toBe(false);
  expect(load({ STATEWIRE_MCP: '0' }, 'mcp: on\n').mcp).toBe(false);
  expect(problems({}, 'mcp: maybe\n').problems).toMatchObject([{ expected: 'on or off' }]);
});

test('everything is frozen, all the way down', () => {
  const config = load({}, 'egress: {allow: [{cidr: 10.0.0.0/8, ports: [80]}]}\n');
  for (const value of [
    config,
    config.egress,
    config.egress.allow,
    config.egress.allow[0],
    config.egress.allow[0]?.ports,
  ])
    expect(Object.isFrozen(value)).toBe(true);
});

test('all problems are told at once: what was found, expected, and what to do', () => {
  const error = problems({
    STATEWIRE_PORT: '99999',
    STATEWIRE_EGRESS: 'all',
    STATEWIRE_ADMIN_KEY: 'short',
    STATEWIRE_DEMO: 'yes',
  });
  expect(error.problems.map(({ at }) => at)).toEqual([
    'STATEWIRE_PORT',
    'STATEWIRE_ADMIN_KEY',
    'STATEWIRE_DEMO',
    'STATEWIRE_EGRESS',
  ]);
  expect(error.message).toContain('STATEWIRE_EGRESS: found "all"; expected public or any; correct or unset it');
  expect(error.message).toContain('4 problems');
});

test('an admin key that is too short stops the start and is not repeated', () => {
  const error = problems({ STATEWIRE_ADMIN_KEY: 'seven-7' });
  expect(error.message).not.toContain('seven-7');
  expect(error.message).toContain('7 characters');
  expect(load({ STATEWIRE_ADMIN_KEY: 'sixteen-letters!' })).toMatchObject({
    adminKey: 'sixteen-letters!',
    warnings: [],
  });
  expect(load({ STATEWIRE_ADMIN_KEY: 'nine-char' }).warnings).toEqual([expect.stringContaining('short enough')]);
});

test.each([
  ['port: 0x10000', 'port'],
  ['port: "4800"', 'port'],
  ['port: 4800.5', 'port'],
  ['port: -1', 'port'],
  ['egress: {mode: all}', 'egress.mode'],
  ['egress: {allow: [{cidr: 10.0.0.0/33}]}', 'egress.allow.0.cidr'],
  ['egress: {allow: [{cidr: localhost}]}', 'egress.allow.0.cidr'],
  ['egress: {allow: [{cidr: 10.0.0.0/8, ports: [0]}]}', 'egress.allow.0.ports.0'],
  ['origins: [example.com]', 'origins.0'],
  ['origins: ["https://example.com/path"]', 'origins.0'],
  ['publicUrl: ftp://example.com', 'publicUrl'],
  ['auth: {jwt: [{issuer: a, audience: b}]}', 'auth.jwt.0'],
  ['auth: {jwt: [{issuer: a, audience: b, secret: short}]}', 'auth.jwt.0.secret'],
  ['auth: {jwt: [{issuer: a, audience: b, jwks: "http://example.com/jwks"}]}', 'auth.jwt.0.jwks'],
  ['auth: {jwt: [{issuer: a, audience: b, jwks: "file:///etc/passwd"}]}', 'auth.jwt.0.jwks'],
  ['auth: {jwt: [{issuer: a, jwks: "https://example.com/jwks"}]}', 'auth.jwt.0.audience'],
  ['commands: {x: {argv: []}}', 'commands.x.argv'],
  ['commands: {x: {argv: "npx server"}}', 'commands.x.argv'],
  ['commands: {"../x": {argv: [a]}}', 'commands.../x'],
  ['commands: {x: {argv: [a], cwd: relative}}', 'commands.x.cwd'],
  ['egress: {allow: [{cidr: 10.0.0.1}]}', 'egress.allow.0.cidr'],
  ['services: {a: 1}', 'services'],
  ['colour: red', ''],
  ['egress: {alow: []}', 'egress'],
])('refused: %s', (yaml, path) => {
  const [first] = problems({}, `# first line\n${yaml}\n`).problems;
  expect(first?.at).toMatch(/^\/srv\/\.statewire\/statewire\.yaml:2:\d+/u);
  expect(first?.at.split(' ')[1] ?? '').toBe(path);
  expect(first?.expected).not.toBe('');
});

test('one wrong issuer among good ones stops the start: rules that keep people out are never half read', () => {
  const good = '{issuer: a, audience: b, jwks: "https://a.example/jwks"}';
  expect(() => load({}, `auth: {jwt: [${good}, {issuer: b}]}\n`)).toThrow(ConfigError);
  expect(load({}, `auth: {jwt: [${good}]}\n`).auth.jwt).toEqual([
    {
      issuer: 'a',
      audience: 'b',
      key: { jwks: 'https://a.example/jwks' },
      claims: { org: 'org', sub: 'sub', name: 'name', scopes: 'scope', customer: 'customer' },
      defaultOrg: null,
      defaultScopes: [],
    },
  ]);
});

test('secrets of the file are not repeated in what is said about it', () => {
  const error = problems(
    {},
    'auth: {jwt: [{issuer: a, audience: b, secret: hunter2}]}\ncommands: {x: {argv: [a], env: {TOKEN: [hunter3]}}}\n',
  );
  expect(error.problems).toHaveLength(2);
  expect(error.message).not.toMatch(/hunter/u);
});

test('text that is not YAML is told with its line; doubles and alias bombs are refused', () => {
  expect(problems({}, 'port: 1\nhost: [\n').problems[0]?.at).toMatch(/:[23]:\d+$/u);
  expect(problems({}, 'port: 1\nport: 2\n').problems[0]?.at).toContain(':2:');
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`)
    .join('\n')}\n`;
  expect(() => load({}, bomb)).toThrow(ConfigError);
});

test('a file that nests without end, or is wrong in every line, is told in a few lines', () => {
  for (const yaml of ['['.repeat(100_000), '- '.repeat(100_000), 'a: [\n'.repeat(1_000), 'x\n:\n'.repeat(1_000)]) {
    const { message } = problems({}, yaml);
    expect(message.length).toBeLessThan(5_000);
    expect(message).not.toContain('stack');
  }
});

test('a file that was named and is missing, or is there and cannot be read, stops the start', () => {
  expect(problems({ STATEWIRE_CONFIG: 'other.yaml' }).message).toContain('/srv/other.yaml');
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  expect(() =>
    load({}, null, {
      read: () => {
        throw denied;
      },
    }),
  ).toThrow(/EACCES/u);
});

test('services of the file keep the line they stand in', () => {
  const config = load({}, 'services:\n  - name: a\n    kind: http\n  - name: b\n');
  expect(config.services.map(({ line }) => line)).toEqual([2, 4]);
});

test('a variable that looks like a setting and is none is a warning', () => {
  expect(load({ STATEWIRE_PROT: '1', STATEWIRE_URL: 'http://x', PATH: '/bin' }).warnings).toEqual([
    expect.stringContaining('STATEWIRE_PROT'),
  ]);
});

test('every setting is on its page, with its variable, key, default and bound', () => {
  const page = readFileSync(new URL('../../../docs/reference/config.md', import.meta.url), 'utf8');
  for (const { env, key, default: value, bound } of settings) {
    for (const word of [env, key, value, bound]) if (word !== null) expect(page).toContain(word);
  }
  expect(settings.length).toBeGreaterThan(12);
});

const provider = 'issuer: https://id.example.com, clientId: statewire';

test('an identity provider has defaults that let nobody in who was not invited, and its secret may be elsewhere', () => {
  expect(load({}, `auth: {oidc: [{${provider}}]}`).auth.oidc).toEqual([
    {
      id: 'sso',
      name: 'id.example.com',
      issuer: 'https://id.example.com',
      clientId: 'statewire',
      clientSecret: null,
      scopes: ['openid', 'email', 'profile'],
      domains: [],
      newcomers: null,
      org: 'main',
    },
  ]);
  const secretOf = (where: string, env = {}) =>
    load(env, `auth: {oidc: [{${provider}, clientSecret: ${where}}]}`, {
      read: (path) =>
        path.endsWith('.yaml')
          ? `auth: {oidc: [{${provider}, clientSecret: ${where}}]}`
          : path === '/srv/.statewire/the-secret'
            ? ' from a file\n'
            : null,
    }).auth.oidc[0]?.clientSecret;
  expect(secretOf('here')).toBe('here');
  expect(secretOf('{env: THEIRS}', { THEIRS: 'from a variable' })).toBe('from a variable');
  expect(secretOf('{file: the-secret}')).toBe('from a file');
});

test.each([
  [`auth: {oidc: [{${provider}, clientSecret: {env: NOT_SET}}]}`, 'nothing in NOT_SET'],
  [`auth: {oidc: [{${provider}, clientSecret: {file: not-there}}]}`, 'nothing in not-there'],
  ['auth: {oidc: [{issuer: "http://id.example.com", clientId: x}]}', 'an https URL'],
  [`auth: {oidc: [{${provider}, scopes: [email]}]}`, 'openid'],
  [`auth: {oidc: [{${provider}}, {${provider}}]}`, 'another id'],
  [`auth: {oidc: [{${provider}, domains: ["@example.com"]}]}`, 'a domain such as'],
  ['mail: {url: "smtp://mail.example.com", from: nobody}', 'an address'],
  ['mail: {url: "https://mail.example.com", from: a@example.com}', 'smtp://'],
  ['mail: {url: "smtps://mail.example.com?tls=none", from: a@example.com}', 'smtp://'],
  ['mail: {url: "smtp://mail.example.com", from: a@example.com, password: {env: NOT_SET}}', 'nothing in NOT_SET'],
])('half a way in stops the start: %s', (yaml, said) => {
  expect(problems({}, yaml).message).toContain(said);
});

test('secrets of providers and mail servers are in no message', () => {
  const said = problems(
    { STATEWIRE_MAIL_URL: 'ftp://u:hidden-1@x' },
    `auth: {oidc: [{${provider}, clientSecret: [hidden-2]}]}\nmail: {url: "ftp://u:hidden-3@x", from: a@b.c}`,
  ).message;
  expect(said).not.toContain('hidden');
});

test.each([
  ['smtp://mail.example.com', { port: 587, tls: 'starttls', user: '', password: '' }],
  [
    'smtps://me%40example.com:p%3Aw@mail.example.com',
    { port: 465, tls: 'tls', user: 'me@example.com', password: 'p:w' },
  ],
  ['smtp://mail.example.com:2525?tls=none', { port: 2525, tls: 'none' }],
])('a mail server is one URL: %s', (url, expected) => {
  const STATEWIRE_MAIL_FROM = 'Statewire <status@example.com>';
  expect(load({ STATEWIRE_MAIL_URL: url, STATEWIRE_MAIL_FROM }).mail).toMatchObject({
    host: 'mail.example.com',
    from: STATEWIRE_MAIL_FROM,
    ...expected,
  });
  expect(problems({ STATEWIRE_MAIL_URL: url }).message).toContain('set both or neither');
});

test('a mail server of the environment is not sent the password of the file', () => {
  const yaml = 'mail: {url: "smtp://me@mail.example.com", from: a@example.com, password: of-the-file}';
  expect(load({}, yaml).mail).toMatchObject({ password: 'of-the-file', user: 'me' });
  expect(load({ STATEWIRE_MAIL_URL: 'smtp://you@other.example.com' }, yaml).mail).toMatchObject({
    password: '',
    host: 'other.example.com',
  });
});

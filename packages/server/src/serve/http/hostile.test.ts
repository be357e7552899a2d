import { connect, type AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY, createWorld, type World } from '../../testing/http-world.ts';

/**
 * Hostile input on the REST door, over real sockets where bytes matter. After every case the server answers as
 * before, holds the same records at the same version, and has not noted a single unexpected error.
 */
let world: World;
let port: number;
let server: ReturnType<typeof createAdaptorServer>;
const uncaught: unknown[] = [];
const note = (error: unknown) => void uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  world = await createWorld();
  server = createAdaptorServer({ fetch: world.http.app.fetch });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: it listens on TCP.
  port = (server.address() as AddressInfo).port;
  await world.call('POST', '/v1/services', { key: ADMIN_KEY, body: service });
});
afterEach(async () => {
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  expect(world.keep.live.version('main')).toBe(1);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(world.errors).toEqual([]);
  expect(uncaught).toEqual([]);
});
afterAll(async () => {
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  await new Promise((resolve) => server.close(resolve));
  await world.close();
});

const service = { id: 'canary', name: 'Canary', kind: 'http', target: 'https://example.com/' };

/** Sends bytes as they are and reads until the other side closes or a whole answer is there. */
function raw(text: string, chunks: readonly (string | Uint8Array)[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      answer += part;
      const length = /content-length: (\d+)/iu.exec(answer)?.[1];
      const head = answer.indexOf('\r\n\r\n');
      if (head > 0 && length !== undefined && answer.length >= head + 4 + Number(length)) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    // A server that hangs up while we still write is an answer too.
    socket.on('error', (error: Error & { code?: string }) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error),
    );
    socket.write(text);
    for (const chunk of chunks) socket.write(chunk);
  });
}

function post(headers: readonly string[], body: string): Promise<string> {
  return raw(
    `POST /v1/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n${[...headers, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`,
  );
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/u.exec(answer)?.[1] ?? '0');
}

describe('bodies', () => {
  test('10 MB with its length, and 10 MB in chunks that lie about nothing: both end at the limit', async () => {
    const big = 'x'.repeat(10 * 1_048_576);
    expect(statusOf(await post(['Content-Type: application/json'], big))).toBe(413);
    const before = process.memoryUsage().rss;
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        if (sent > 64 * 1_048_576) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    const reply = await world
      .call('POST', '/v1/services', { key: ADMIN_KEY, raw: endless, headers: { 'content-type': 'application/json' } })
      .catch(() => null);
    if (reply !== null) expect(reply.status).toBe(413);
    expect(sent).toBeLessThan(4 * 1_048_576);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_048_576);
  });

  test.each([
    ['depth 100,000 of lists', '['.repeat(100_000)],
    ['depth 100,000 of objects', '{"a":'.repeat(100_000)],
    ['depth 33, closed', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['nothing', ''],
    ['cut', '{"name":'],
    ['two values', '{}{}'],
    ['a comment', '{/*x*/}'],
    ['NaN', '{"name":NaN}'],
    ['a BOM', '\ufeff{}'],
    ['a NUL', '{"name":"a"}\u0000'],
    ['__proto__', '{"__proto__":{"isOperator":true},"name":"a"}'],
    ['__proto__ by escapes', '{"\\u005f_proto__":{"x":1}}'],
    ['constructor inside', '{"labels":{"constructor":{"prototype":{"x":1}}}}'],
    ['a number too large', '{"check":{"intervalMs":1e999}}'],
    ['half a surrogate pair', '{"name":"\\ud800"}'],
    ['half a surrogate pair in a key', '{"labels":{"\\udc00":"x"}}'],
  ])('JSON that is not read: %s', async (_, body) => {
    const answer = await post(['Content-Type: application/json'], body);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('"code":"bad_request"');
  });

  test.each([
    'null',
    '[]',
    '[null]',
    '7',
    '"x"',
    'true',
    '{}',
    '{"name":{}}',
    '{"toString":1}',
    '{"name":"a","kind":"http","target":"https://x.example/","id":"a%2fb"}',
  ])('JSON of another shape: %s', async (body) => {
    expect(statusOf(await post(['Content-Type: application/json'], body))).toBe(422);
  });

  test('a refusal stays short, however long and many the names that it refuses', async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, 1]));
    for (const body of [{ ['k'.repeat(900_000)]: 1 }, many, { labels: { ['k'.repeat(900_000)]: 1 } }]) {
      const reply = await world.call('POST', '/v1/services', { key: ADMIN_KEY, body });
      expect(reply.status).toBe(422);
      expect(reply.text.length).toBeLessThan(20_000);
    }
  });

  test('text that is not UTF-8', async () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      const body = new Uint8Array([0x22, ...bytes, 0x22]);
      expect(
        (
          await world.call('POST', '/v1/services', {
            key: ADMIN_KEY,
            raw: body,
            headers: { 'content-type': 'application/json' },
          })
        ).json,
      ).toMatchObject({ status: 400, code: 'bad_request' });
    }
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
    'application/json, text/html',
    'text/html, application/json',
    'application/json\t; charset=utf-8',
    'application/json;\tcharset=utf-8',
    'application/json; charset=utf-16',
    'application/json; boundary=x',
    'application/json;',
    'Application/Json trailing',
  ])('Content-Type %j is not JSON', async (type) => {
    expect(statusOf(await post([`Content-Type: ${type}`], '{}'))).toBe(415);
  });

  test('no Content-Type, or two of them', async () => {
    const body = '{}';
    expect(statusOf(await post([], body))).toBe(415);
    expect(statusOf(await post(['Content-Type: application/json', 'Content-Type: text/html'], body))).toBe(415);
    expect(statusOf(await post(['Content-Type: application/json', 'content-type: application/json'], body))).toBe(415);
  });

  test('JSON with an exact charset is read', async () => {
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'APPLICATION/JSON',
    ]) {
      expect(statusOf(await post([`Content-Type: ${type}`], '{}'))).toBe(422);
    }
  });
});

describe('paths', () => {
  test.each([
    '/v1/services/a%2fb',
    '/v1/services/..%2fkeys',
    '/v1/services/%2e%2e',
    '/v1/services/%00',
    '/v1/services/%0a',
    '/v1/services/a%0d%0aSet-Cookie:x',
    '/v1/services/%ff',
    '/v1/services/%',
    '/v1/services/%F0%9F%92%A9',
    '/v1/services/__proto__/history',
    '//v1/services',
    '//v1//services',
    '/v1//services',
    '/v1/services/',
    '/v1/services//canary',
    '/V1/services',
    '/v1/Services',
    '/v1/services/canary/',
    '/v1/services;x=1',
    '/v1/%73ervices%2f',
    '/v1/users%20',
  ])('%s is nothing, whoever asks', async (path) => {
    for (const authorization of [`Authorization: Bearer ${ADMIN_KEY}\r\n`, '']) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${authorization}\r\n`);
      expect([400, 401, 404]).toContain(statusOf(answer));
      expect(answer).not.toContain('Canary');
      expect(answer.toLowerCase()).not.toContain('\nset-cookie');
    }
  });

  test('a path of 5,000 characters, a credential of 9,000, a cookie of 8,000 and a name of a million', async () => {
    expect((await world.call('GET', `/v1/services/${'x'.repeat(5_000)}`, { key: ADMIN_KEY })).status).toBe(404);
    expect((await world.call('GET', '/v1/me', { key: 'x'.repeat(9_000) })).status).toBe(401);
    expect(
      (await world.call('GET', '/v1/me', { headers: { cookie: `statewire.session_token=${'x'.repeat(8_000)}` } }))
        .status,
    ).toBe(401);
    expect(
      (
        await world.call('POST', '/v1/services', {
          key: ADMIN_KEY,
          body: { ...service, id: 'x', name: 'x'.repeat(1_000_000) },
        })
      ).status,
    ).toBe(422);
  });

  test('a spelling with escapes is the same path with the same guard', async () => {
    for (const path of [
      '/v1/%73ervices',
      '/%76%31/services',
      '/v1/services/%63anary',
      '/v1/./keys',
      '/v1/none/../keys',
      '/health/../v1/keys',
      '/v1/services/%2e%2e/keys',
    ]) {
      expect(statusOf(await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`))).toBe(401);
    }
  });

  test.each(['TRACE', 'PUT', 'PROPFIND', 'PATCH'])('%s on a list is refused with what is allowed', async (method) => {
    const answer = await raw(
      `${method} /v1/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(statusOf(answer)).toBe(405);
    expect(answer).toMatch(/allow: GET, POST, HEAD, OPTIONS/u);
  });

  test('a method override in a header or query changes nothing', async () => {
    for (const headers of [{ 'x-http-method-override': 'DELETE' }, { 'x-method': 'DELETE' }]) {
      expect((await world.call('GET', '/v1/services/canary', { key: ADMIN_KEY, headers })).status).toBe(200);
    }
    expect((await world.call('POST', '/v1/services/canary?_method=DELETE', { key: ADMIN_KEY })).status).toBe(405);
  });
});

describe('headers', () => {
  test('odd framing is refused by the parser and reaches nobody', async () => {
    const head = `POST /v1/services HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\n`;
    for (const framing of [
      'Content-Length: 2\r\nContent-Length: 3\r\n',
      'Content-Length: -1\r\n',
      'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n',
      'Transfer-Encoding: chunked, identity\r\n',
      'Content-Length: 0x2\r\n',
    ]) {
      expect(statusOf(await raw(`${head}${framing}\r\n{}`))).toBe(400);
    }
    expect(
      statusOf(
        await raw(`GET /health HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(3_000)}Connection: close\r\n\r\n`),
      ),
    ).toBeGreaterThanOrEqual(200);
    expect(statusOf(await raw(`GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ${'b'.repeat(70_000)}\r\n\r\n`))).toBe(
      431,
    );
  });

  test('two Host headers are refused: which one would the Origin be compared with?', async () => {
    const lines = ['GET /health HTTP/1.1', 'Host: localhost', 'Host: elsewhere.example', 'Connection: close'];
    const answer = await raw(`${lines.join('\r\n')}\r\n\r\n`);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('"code":"bad_request"');
  });

  test.each([
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    `bearer  ${ADMIN_KEY}`,
    `Bearer ${ADMIN_KEY} x`,
    `Token ${ADMIN_KEY}`,
    ADMIN_KEY,
    `Bearer ${'x'.repeat(90)}`,
    `Bearer ${ADMIN_KEY.toUpperCase()}`,
    'Bearer null',
    'Bearer undefined',
  ])('Authorization %s is no credential', async (authorization) => {
    const reply = await world.call('GET', '/v1/me', { headers: { authorization } });
    expect(reply.status).toBe(401);
    expect(reply.text).not.toContain(ADMIN_KEY);
  });

  test('the scheme is not case-sensitive, the key is', async () => {
    expect((await world.call('GET', '/v1/me', { headers: { authorization: `bEaReR ${ADMIN_KEY}` } })).status).toBe(200);
  });

  test.each([
    'statewire.session_token=',
    'statewire.session_token=a.b',
    `statewire.session_token=${'x'.repeat(80)}`,
    'statewire.session_token=%00',
    'statewire.session_token=a; statewire.session_token=b',
    '__Secure-statewire.session_token=x.y',
  ])('cookie %s is nobody', async (cookie) => {
    expect((await world.call('GET', '/v1/me', { headers: { cookie } })).status).toBe(401);
  });
});

test('a request that ends in the middle of its body leaves nothing behind', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `POST /v1/services HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"name":`,
        () => socket.destroy(),
      );
    });
    socket.on('close', () => resolve());
  });
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
});

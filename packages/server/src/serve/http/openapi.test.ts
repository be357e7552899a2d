import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isCollectionName } from '@statewire/model';
import { createWorld, type World } from '../../testing/http-world.ts';

let world: World;
let document: Record<string, unknown>;
beforeAll(async () => {
  world = await createWorld();
  document = JSON.parse((await world.call('GET', '/openapi.json')).text);
});
afterAll(() => world.close());

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-statewire-access': string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: object }[];
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  readonly requestBody?: { content: Record<string, { schema: object }> };
}

function operations(): readonly (readonly [path: string, method: string, operation: Operation])[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: this is what the tests below check.
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [path, method, operation] as const),
  );
}

test('every route is in the document, and nothing else', () => {
  const inDocument = operations()
    .map(([path, method]) => `${method.toUpperCase()} ${path}`)
    .sort();
  expect(inDocument).toEqual(world.http.routes.map(({ method, path }) => `${method} ${path}`).sort());
});

test('it has the form of OpenAPI 3.1', () => {
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Statewire', version: '0.0.0-test' } });
  const ids = operations().map(([, , { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [path, method, operation] of operations()) {
    const where = `${method} ${path}`;
    expect(operation.operationId, where).toMatch(/^[a-z][A-Za-z0-9]+$/u);
    expect(operation.summary, where).toMatch(/^\P{Lu}|^[A-Z]/u);
    const named = [...path.matchAll(/\{(\w+)\}/gu)].map((match) => match[1]);
    expect(
      operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      where,
    ).toEqual(named);
    for (const parameter of operation.parameters) expect(typeof parameter.schema, where).toBe('object');
    expect(
      Object.keys(operation.responses).some((status) => /^[23]/u.test(status)),
      where,
    ).toBe(true);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status, where).toMatch(/^[2-5]\d\d$/u);
      expect(response.description, where).not.toBe('');
      if (Number(status) >= 400 && response.content !== undefined && status !== '503')
        expect(Object.keys(response.content), where).toEqual(['application/problem+json']);
    }
  }
});

test('every reference leads somewhere, and no schema keeps a private one', () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/gu)].map((match) => match[1] ?? '');
  expect(references.length).toBeGreaterThan(50);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: openapi.ts always writes both.
  const { schemas } = document['components'] as { schemas: Record<string, object> };
  for (const reference of references) {
    const [, name = ''] = /^#\/components\/schemas\/(.+)$/u.exec(reference) ?? [];
    expect(Object.keys(schemas), reference).toContain(name);
  }
  expect(text).not.toContain('$defs');
  expect(text).not.toContain('$schema');
});

test('records, their creation and problems are named schemas with fields', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: openapi.ts always writes both.
  const { schemas } = document['components'] as {
    schemas: Record<string, { properties?: object; additionalProperties?: unknown }>;
  };
  for (const name of [
    'Service',
    'ServiceCreate',
    'ServicePatch',
    'Agent',
    'Connection',
    'Execution',
    'Job',
    'Metric',
    'Check',
    'Problem',
    'ApiKey',
    'User',
    'Transition',
  ]) {
    expect(Object.keys(schemas[name]?.properties ?? {}).length, name).toBeGreaterThan(2);
  }
  expect(schemas['ServiceCreate']?.additionalProperties).toBe(false);
});

test('what a route reads is in the document, whatever its type', () => {
  for (const [path, method, operation] of operations()) {
    const route = world.http.routes.find((each) => each.path === path && each.method.toLowerCase() === method);
    const types = route?.body === null ? (route.raw ?? []) : ['application/json'];
    expect(Object.keys(operation.requestBody?.content ?? {}), `${method} ${path}`).toEqual(types);
  }
});

test('who may call is written at every route', () => {
  for (const [path, method, operation] of operations()) {
    const route = world.http.routes.find((each) => each.path === path && each.method.toLowerCase() === method);
    expect(operation['x-statewire-access']).toBe(route?.access);
  }
});

test('every route is on the page of the API, with a curl', () => {
  const page = readFileSync(new URL('../../../../../docs/reference/rest.md', import.meta.url), 'utf8');
  const titles = new Set(
    page
      .split('\n')
      .filter((line) => line.startsWith('### '))
      .map((line) => line.slice(4).trim()),
  );
  for (const { method, path } of world.http.routes) {
    const name = /^\/v1\/([a-z-]+)(?=$|\/)/u.exec(path)?.[1] ?? '';
    const general = isCollectionName(name) ? path.replace(`/v1/${name}`, '/v1/{collection}') : path;
    expect(titles.has(`${method} ${path}`) || titles.has(`${method} ${general}`), `${method} ${path}`).toBe(true);
  }
  const known = new Set(world.http.routes.map(({ method, path }) => `${method} ${path}`));
  for (const title of titles) if (!title.includes('{collection}')) expect(known, title).toContain(title);
  expect(page.match(/^(?:some-job .*)?curl /gmu)?.length ?? 0).toBeGreaterThan(40);
});

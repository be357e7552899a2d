import { expect, test } from 'vitest';
import { filesUnder, type SourceFile } from './tree.ts';

const specs = filesUnder(['packages'], (path) => /^packages\/[^/]+\/SPEC\.md$/.test(path));
const tests = filesUnder(['packages', 'tools', 'e2e', 'bench', 'examples'], (path) =>
  /\.(test|contract)\.tsx?$/.test(path),
);

const rules = new Map<string, string>();
for (const spec of specs) for (const id of idsOf(spec)) rules.set(id, spec.path);
const cited = new Map<string, string>();
for (const file of tests) for (const id of citationsOf(file)) cited.set(id, file.path);

test('the specification and the tests were found', () => {
  expect(specs.length).toBeGreaterThanOrEqual(1);
  expect(rules.size).toBeGreaterThanOrEqual(60);
  expect(tests.length).toBeGreaterThanOrEqual(20);
  expect(cited.size).toBeGreaterThanOrEqual(20);
});

test('every rule is shown by a test that cites it', () => {
  const unshown = [...rules.keys()].filter((id) => !cited.has(id));
  expect(unshown, `no test says [${unshown.join('], [')}]`).toEqual([]);
});

test('every rule that a test cites exists', () => {
  const unknown = [...cited]
    .filter(([id]) => !rules.has(id))
    .map(([id, path]) => `${path} cites [${id}], which no SPEC.md defines`);
  expect(unknown).toEqual([]);
});

test('no rule is defined twice', () => {
  const all = specs.flatMap(idsOf);
  expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([]);
});

function idsOf({ text }: SourceFile): readonly string[] {
  return [...text.matchAll(/^- \*\*([A-Z]{2}\d+)\*\* /gm)].map(([, id = '']) => id);
}

/** `[PA1]` or `[PA1, PA2]` at the start of a test's or a group's name. */
function citationsOf({ text }: SourceFile): readonly string[] {
  return [...text.matchAll(/['"`]((?:\[[A-Z]{2}\d+(?:,? ?[A-Z]{2}\d+)*\] ?)+)/g)].flatMap(
    ([, names = '']) => names.match(/[A-Z]{2}\d+/g) ?? [],
  );
}

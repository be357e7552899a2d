/**
 * The API reference, made from what stands in the code: for each entry of each package that apps import, every exported name
 * with its docstring, its signature and its members. `npm run docs` writes it; a test says when it is not up to date.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node, Project, type ExportedDeclarations, type JSDoc } from 'ts-morph';
import { root } from '../tidy/tree.ts';

/** The packages whose names apps import. */
const PACKAGES = ['client', 'react', 'elements', 'adapters', 'model', 'protocol'] as const;

/** One page of the reference, and the names on it that say nothing about themselves. */
export interface Reference {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly silent: readonly string[];
}

/** The pages as they should be, by the code as it is. */
export function references(): readonly Reference[] {
  const project = new Project({
    tsConfigFilePath: join(root, 'tsconfig.test.json'),
    skipAddingFilesFromTsConfig: true,
  });
  return PACKAGES.map((name) => {
    const silent: string[] = [];
    const entries = entriesOf(name);
    const first = new Set<string>();
    const sections = entries.map(({ entry, file }) => {
      const source = project.addSourceFileAtPath(join(root, 'packages', name, file));
      project.resolveSourceFileDependencies();
      const names = [...source.getExportedDeclarations()].sort(([a], [b]) => (a < b ? -1 : 1));
      const again: string[] = [];
      const parts = names.flatMap(([exported, [declaration]]) => {
        if (declaration === undefined) return [];
        const key = `${exported} ${declaration.getSourceFile().getFilePath()}`;
        if (first.has(key)) {
          again.push(`[${exported}](#${exported.toLowerCase()})`);
          return [];
        }
        first.add(key);
        const own = ownOf(name, declaration);
        if (own !== null) return [`### ${exported}\n\nFrom ${own}.`];
        const doc = docOf(declaration);
        if (doc === '') silent.push(`${entry}: ${exported}`);
        return [
          `### ${exported}\n\n${[doc, fenced(signatureOf(declaration)), membersOf(declaration)].filter(Boolean).join('\n\n')}`,
        ];
      });
      const said = again.length === 0 ? [] : [`Also here: ${again.join(', ')}.`];
      return [`## ${entry}`, ...said, ...parts].join('\n\n');
    });
    const head = `<!-- Made by \`npm run docs\` from the docstrings of packages/${name}. -->\n\n# ${title(name)}`;
    return { path: `docs/reference/api/${name}.md`, text: `${[head, ...sections].join('\n\n')}\n`, silent };
  });
}

function title(name: string): string {
  return `@statewire/${name}`;
}

/** What can be imported of a package, by its manifest. */
function entriesOf(name: string): readonly { readonly entry: string; readonly file: string }[] {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  const exported: unknown = Reflect.get(Object(manifest), 'exports');
  return Object.entries(Object(exported)).flatMap(([path, to]) => {
    const file: unknown = Reflect.get(Object(to), 'source');
    return typeof file === 'string' ? [{ entry: `@statewire/${name}${path.slice(1)}`, file }] : [];
  });
}

/** The package that a name handed on here comes from, or null for its own. */
function ownOf(name: string, declaration: ExportedDeclarations): string | null {
  const [, from] = /\/packages\/(\w+)\/src\//u.exec(declaration.getSourceFile().getFilePath()) ?? [];
  if (from === undefined || from === name) return null;
  return `[@statewire/${from}](${from}.md)`;
}

function docOf(node: Node): string {
  const holder = Node.isVariableDeclaration(node) ? node.getVariableStatement() : node;
  if (holder === undefined || !Node.isJSDocable(holder)) return '';
  return holder.getJsDocs().map(textOf).join('\n\n');
}

function textOf(doc: JSDoc): string {
  return doc
    .getDescription()
    .trim()
    .replaceAll(/\r?\n(?!\n)/gu, ' ')
    .replaceAll(/ {2,}/gu, ' ');
}

/** The declaration without what it holds. */
function signatureOf(node: ExportedDeclarations): string {
  if (Node.isFunctionDeclaration(node)) {
    const body = node.getBody();
    const text = body === undefined ? node.getText() : node.getText().slice(0, body.getStart() - node.getStart());
    return text.replace(/^export (?:default )?(?:async )?/u, '').trim();
  }
  if (Node.isClassDeclaration(node)) return headOf(node.getText());
  if (Node.isInterfaceDeclaration(node)) return headOf(node.getText());
  if (Node.isTypeAliasDeclaration(node)) return node.getText().replace(/^export /u, '');
  if (Node.isVariableDeclaration(node)) return `const ${node.getName()}: ${typeOf(node)}`;
  return node.getText();
}

function headOf(text: string): string {
  return text
    .slice(0, text.indexOf('{'))
    .replace(/^export (?:default )?/u, '')
    .trim();
}

function membersOf(node: ExportedDeclarations): string {
  const members = Node.isInterfaceDeclaration(node)
    ? node.getMembers()
    : Node.isClassDeclaration(node)
      ? node.getMembers().filter((member) => !isHidden(member))
      : [];
  const rows = members.flatMap((member) => {
    const row = memberOf(member);
    return row === null ? [] : [`| ${cell(row.name)} | ${cell(row.type)} | ${row.doc.replaceAll('|', '\\|')} |`];
  });
  return rows.length === 0 ? '' : ['| member | type | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function isHidden(member: Node): boolean {
  if (Node.isConstructorDeclaration(member)) return true;
  const isPrivate =
    'getName' in member && typeof member.getName === 'function' && String(member.getName()).startsWith('#');
  return (
    isPrivate || (Node.isModifierable(member) && (member.hasModifier('private') || member.hasModifier('protected')))
  );
}

function memberOf(member: Node): { readonly name: string; readonly type: string; readonly doc: string } | null {
  const doc = docOf(member);
  if (Node.isMethodSignature(member) || Node.isMethodDeclaration(member)) {
    const given = member.getParameters().map((each) => each.getText().replaceAll(/\s+/gu, ' '));
    return {
      name: member.getName(),
      type: `(${given.join(', ')}) => ${member.getReturnTypeNode()?.getText() ?? 'void'}`,
      doc,
    };
  }
  if (Node.isPropertySignature(member) || Node.isPropertyDeclaration(member))
    return { name: `${member.getName()}${member.hasQuestionToken() ? '?' : ''}`, type: typeOf(member), doc };
  if (Node.isGetAccessorDeclaration(member))
    return { name: member.getName(), type: member.getReturnTypeNode()?.getText() ?? 'unknown', doc };
  return null;
}

/** The type as it was written; what was not written is not said. */
function typeOf(node: Node): string {
  return 'getTypeNode' in node && typeof node.getTypeNode === 'function'
    ? String(node.getTypeNode()?.getText() ?? 'see its docstring').replaceAll(/\s+/gu, ' ')
    : '';
}

function cell(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|')}\``;
}

function fenced(text: string): string {
  return `\`\`\`typescript\n${text}\n\`\`\``;
}

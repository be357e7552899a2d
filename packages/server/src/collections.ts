/** Reads the module in which an app defines its collections. */
import { isDefinition, type AnyDefinition } from '@statewire/model';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ConfigError } from './config.ts';
import { catalogWith } from './lib/catalog.ts';
import { limits } from './lib/limits.ts';

/**
 * Every definition that the module exports, by whatever name or in a list. TypeScript is run as it is. What cannot be
 * served stops the start, with the file and what is wrong in it.
 */
export async function loadCollections(file: string): Promise<readonly AnyDefinition[]> {
  if (!existsSync(file)) {
    throw wrong(file, {
      found: 'no such file',
      expected: 'a module that exports collections',
      do: 'create it or correct the path',
    });
  }
  let module: Readonly<Record<string, unknown>>;
  try {
    // The same file in two starts of one process (tests, a restart by the app around us) is read anew by nobody: that is how modules are.
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw wrong(placeIn(error, file), {
      found: error instanceof Error ? error.message : String(error),
      expected: 'a module that can be run',
      do: isMissingPackage(error)
        ? 'install @statewire/model and zod beside it'
        : 'correct it; a definition says itself what is wrong',
    });
  }
  const found = new Set(
    Object.values(module)
      .flatMap((each: unknown) => (Array.isArray(each) ? each : [each]))
      .filter(isDefinition),
  );
  if (found.size === 0) {
    throw wrong(file, {
      found: `no collection among its exports (${Object.keys(module).join(', ') || 'none'})`,
      expected: 'export const orders = defineCollection({ ... })',
      do: 'export what defineCollection returns',
    });
  }
  try {
    catalogWith([...found], limits);
  } catch (error) {
    throw wrong(file, {
      found: error instanceof Error ? error.message : String(error),
      expected: 'collections that this server can serve beside its own',
      do: 'correct the definition',
    });
  }
  return [...found];
}

function wrong(
  at: string,
  what: { readonly found: string; readonly expected: string; readonly do: string },
): ConfigError {
  return new ConfigError([{ at, ...what }]);
}

/** Where in the app's own file it happened, when the stack says so. */
function placeIn(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(pathToFileURL(file).href);
  const place = at < 0 ? null : /^:\d+(?::\d+)?/u.exec(stack.slice(at + pathToFileURL(file).href.length));
  return `${file}${place?.[0] ?? ''}`;
}

function isMissingPackage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

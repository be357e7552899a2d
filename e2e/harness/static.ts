import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

export interface Site {
  readonly url: string;
  close(): void;
}

/** Serves the files of a folder on loopback. */
export async function serveFolder(dir: string): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(join(dir, new URL(request.url ?? '/', 'http://local').pathname));
    if (path !== normalize(dir) && !path.startsWith(normalize(dir + sep))) {
      response.writeHead(403).end();
      return;
    }
    readFile(path.endsWith(sep) || path === normalize(dir) ? join(path, 'index.html') : path).then(
      (body) => response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/html' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the folder is not served');
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

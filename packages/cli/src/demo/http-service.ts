/** A small web service of the demo fleet, run as its own process: `PORT=n node http-service.ts NAME`. */
import { createServer } from 'node:http';
import { env } from '../env.ts';

const name = process.argv[2] ?? 'demo';
const server = createServer((request, response) => {
  const isHealth = request.url === '/health';
  response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(isHealth ? { service: name, status: 'ok' } : { error: 'only /health is served' }));
});
server.listen(Number(env['PORT'] ?? 0), '127.0.0.1');

/**
 * A small legacy MCP server on standard streams that can be told to misbehave. The first argument says how; `PIDS`
 * names a file to which each process adds its pid, so that a test can count what is left.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const how = process.argv[2] ?? 'good';
const pids = process.env['PIDS'];
if (pids !== undefined) appendFileSync(pids, `${process.pid}\n`);

if (how === 'exit') {
  process.stderr.write('fatal: no configuration\n');
  process.exit(3);
}
if (how === 'banner') process.stdout.write('Welcome to the scripted server!\n');
if (how === 'endless') setInterval(() => process.stdout.write('x'.repeat(65_536)), 1);
if (how === 'grandchild') {
  // A helper that outlives its parent unless somebody ends the whole group.
  const helper = spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1000)'], {
    stdio: 'ignore',
  });
  if (pids !== undefined) appendFileSync(pids, `${helper.pid ?? 0}\n`);
}
if (how === 'stubborn') {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000);
}
if (how === 'env') process.stderr.write(`${Object.keys(process.env).toSorted().join(',')}\n`);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message: unknown = JSON.parse(line);
  if (typeof message !== 'object' || message === null || !('id' in message) || !('method' in message)) return;
  if (how === 'silent' || how === 'endless') return;
  const reply = answer(String(message.method));
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...reply })}\n`);
});
lines.on('close', () => {
  if (how !== 'stubborn') process.exit(0);
});

function answer(method: string): object {
  if (method === 'initialize') {
    return {
      result: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: `scripted-${how}`, version: '1.0.0' },
      },
    };
  }
  if (method === 'ping') return { result: {} };
  if (method === 'tools/list' && how !== 'env') {
    return { result: { tools: [{ name: 'hello', inputSchema: { type: 'object' } }] } };
  }
  return { error: { code: -32601, message: 'Method not found' } };
}

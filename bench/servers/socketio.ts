/**
 * The same with Socket.IO as its documentation shows it: one room per record, `io.to(id).emit` per update. WebSocket
 * only, so that no polling stands in the figures. Its in-memory adapter makes one frame per emit by itself.
 */
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { fieldsOf, idOf, recordOf } from '../workload.ts';
import { serveTarget } from './calls.ts';
import { listen, optionsOf } from './options.ts';

const { workload } = optionsOf(process.argv);
const records = new Map<string, object>();
for (let i = 0; i < workload.records; i += 1) {
  const id = idOf(i);
  records.set(id, { id, ...fieldsOf(workload.kind, i, -1) });
}

const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  socket.on('watch', (ids: string[]) => {
    void socket.join(ids);
    socket.emit(
      'snapshot',
      ids.map((id) => records.get(id)),
    );
  });
});

serveTarget({
  port: await listen(server),
  refused: 0,
  publish(k) {
    const i = recordOf(workload, k);
    const id = idOf(i);
    const record = { id, ...fieldsOf(workload.kind, i, k) };
    records.set(id, record);
    io.to(id).emit('update', record);
  },
  settled: () => Promise.resolve(),
  async close() {
    await io.close();
  },
});

/** Both services at once: prints what they are told. */
import { RealtimeService } from './realtime.ts';
import { SupabaseStatusSyncService } from './status-sync.ts';

const status = new SupabaseStatusSyncService();
const realtime = new RealtimeService();

function print(
  what: string,
): (payload: { readonly eventType: string; readonly new: object; readonly old: object }) => void {
  return ({ eventType, new: row, old }) => {
    process.stdout.write(`${what} ${eventType} ${JSON.stringify(eventType === 'DELETE' ? old : row)}\n`);
  };
}

status.subscribeToServerStatus(print('server'));
status.subscribeToConnectionLogs(print('connection'));
realtime.subscribeToAllStreams('acme', print('stream'), (state) => process.stdout.write(`streams are ${state}\n`));

process.once('SIGINT', () => {
  status.disconnect();
  realtime.unsubscribeAll();
  process.exit(0);
});

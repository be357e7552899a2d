import { z } from 'zod';
import { isoOf } from '../brief.ts';
import { need, quoted, refused, tool, type AnyTool } from '../tool.ts';

/** The one thing that may be changed from here, by whoever may do it elsewhere. */
export const acknowledgeAlert: AnyTool = tool({
  name: 'acknowledge_alert',
  title: 'Acknowledge an alert',
  description:
    'Takes an open alert up in the name of the credential: no reminders and no next step of its policy while the problem lasts. It repairs nothing. Only when a person asked for it; say why.',
  input: z.object({
    alert: z.string().min(1).max(128).describe('Id of the alert, from explain_status or search_records'),
    why: z.string().trim().min(3).max(1_000).describe('Why, in words for the team; noted on the alert'),
  }),
  output: z.object({
    alert: z.string(),
    title: z.string(),
    state: z.string(),
    acknowledgedBy: z.string(),
    at: z.string().nullable(),
  }),
  writes: true,
  isOffered: (desk) => desk.mayAcknowledge,
  run: async (desk, { alert, why }) => {
    const id = alert.startsWith('alerts/') ? alert.slice('alerts/'.length) : alert;
    if (!desk.mayAcknowledge) refused({ code: 'forbidden', message: 'this credential may not acknowledge alerts' });
    const { row } = need(desk.find('alerts', id));
    const isTaken = row['state'] === 'acknowledged';
    if (!isTaken)
      need(
        await desk.deps.mutate(desk.principal, {
          collection: 'alerts',
          id,
          op: 'call',
          name: 'ack',
          fields: { note: why },
          why,
        }),
      );
    const now = need(desk.find('alerts', id)).row;
    const data = {
      alert: id,
      title: quoted(now['title'], 200),
      state: quoted(now['state'], 16),
      acknowledgedBy: quoted(now['ackedBy'], 80),
      at: isoOf(now['ackedAt']),
    };
    return {
      text: `${isTaken ? 'It was acknowledged already' : 'Acknowledged'}: ${data.title} (alerts/${id}) is ${data.acknowledgedBy === '' ? 'taken up' : `with ${data.acknowledgedBy}`}.`,
      data,
    };
  },
});

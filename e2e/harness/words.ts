/** A configuration in which everything of the permission table has a word on the wires of others: topics, channels, events. */
import { TABLE } from '../permission-table.ts';

/** It, for `TestServer.with`. */
export function words(): object {
  const data = { id: 'id' };
  const entries = Object.entries(TABLE);
  const dialects = {
    topics: {
      templates: entries.flatMap(([collection, [five]]) => [
        { topic: `all:${collection}`, type: 'all', views: { all: { collection } }, say: 'list', data },
        ...(five[4] === '-'
          ? []
          : [
              {
                topic: `report:${collection}:{id}`,
                type: 'one',
                views: { one: { collection, filter: ['eq', 'id', '{id}'] } },
                say: 'one',
                data,
                publish: { collection, id: '{id}', fields: FIELDS },
              },
            ]),
      ]),
    },
    socketIo: {
      vocabulary: {
        channels: entries.map(([collection]) => ({
          name: `all:${collection}`,
          view: { collection },
          list: { event: `list:${collection}`, data },
          change: { event: `change:${collection}`, data },
        })),
        calls: entries.flatMap(([collection, [five, commands]]) =>
          [...Object.keys(commands), ...(five[4] === '-' ? [] : ['report'])].map((command) => ({
            event: `${collection}:${command}`,
            collection,
            command,
            ...(command === 'report' ? { fields: FIELDS } : {}),
          })),
        ),
      },
    },
  };
  return { dialects };
}

/** What reports of the matrix say, as far as each says it. */
const FIELDS = Object.fromEntries(
  ['observed', 'name', 'agent', 'service', 'title', 'state', 'kind', 'value'].map((name) => [name, name]),
);

export { FakeServer, type FakeServerOptions, type OnCommand } from './fake-server.ts';
export { FakeEnv } from './fake-env.ts';

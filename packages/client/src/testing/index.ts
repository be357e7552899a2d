export { FakeServer, type FakeServerOptions, type OnCommand, type OnSubscribe } from './fake-server.ts';
export { FakeEnv } from './fake-env.ts';
export { FakeBrowser, type FakeTab, type Hands } from './fake-browser.ts';
export { FakeStore } from './fake-store.ts';
export { FakeRequests, type FakeNetwork } from './fake-requests.ts';
export { FaultyDial, type FaultyDialOptions } from './faulty-dial.ts';

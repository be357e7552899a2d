import { expect, test } from 'vitest';
import type { SocketEvent, SocketLike } from '../env.ts';
import { dialWebSocket, liveUrl } from './websocket.ts';

test.each([
  ['http://a.test', 'ws://a.test/live'],
  ['https://a.test/', 'wss://a.test/live'],
  ['https://a.test/status/', 'wss://a.test/status/live'],
  ['wss://a.test/live', 'wss://a.test/live'],
  ['/', 'wss://page.test/live'],
  ['/base?x=1#y', 'wss://page.test/base/live?x=1'],
])('[CL16] the address %s means %s', (url, live) => {
  expect(liveUrl(url, 'https://page.test/a/b')).toBe(live);
});

test('[CL16] an address that is none says so', () => {
  expect(() => liveUrl('/', null)).toThrow();
});

class FakeSocket implements SocketLike {
  readyState = 0;
  readonly sent: string[] = [];
  closed: number | undefined;
  readonly listeners: [string, (event: SocketEvent) => void][] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(code?: number): void {
    this.closed = code;
  }
  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.listeners.push([type, listener]);
  }
  fire(type: string, event: SocketEvent = {}): void {
    for (const [each, listener] of this.listeners) if (each === type) listener(event);
  }
}

test('[CL15] [T23] each event has one listener for the life of a socket, and a closed one says nothing more', () => {
  const socket = new FakeSocket();
  const told: string[] = [];
  const wire = dialWebSocket({ openSocket: () => socket })('ws://a.test/live', {
    opened: () => told.push('opened'),
    text: (text) => told.push(text),
    closed: (code, reason) => told.push(`${code} ${reason}`),
  });
  expect(socket.listeners.map(([type]) => type).sort()).toEqual(['close', 'error', 'message', 'open']);
  wire.send('too early');
  expect(socket.sent).toEqual([]);
  socket.readyState = 1;
  socket.fire('open');
  socket.fire('message', { data: 'a' });
  socket.fire('message', { data: new ArrayBuffer(1) });
  wire.send('b');
  expect(told).toEqual(['opened', 'a']);
  expect(socket.sent).toEqual(['b']);
  wire.close(1000, 'bye');
  socket.fire('message', { data: 'late' });
  socket.fire('close', { code: 1000 });
  wire.send('late');
  expect([told.length, socket.sent.length, socket.closed]).toEqual([2, 1, 1000]);
});

test('[CL15] a close without a code reads as 1006, once', () => {
  const socket = new FakeSocket();
  const told: unknown[] = [];
  dialWebSocket({ openSocket: () => socket })('ws://a.test/live', {
    opened: () => undefined,
    text: () => undefined,
    closed: (code, reason) => told.push([code, reason]),
  });
  socket.fire('error');
  socket.fire('close');
  socket.fire('close');
  expect(told).toEqual([[1006, '']]);
});

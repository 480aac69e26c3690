import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { TcpProxy } from './tcp-proxy.js';

let echo: Server;
let heard: string;
let proxy: TcpProxy;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  heard = '';
  echo = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      socket.write(chunk);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address() as { readonly port: number };
  proxy = new TcpProxy({ host: '127.0.0.1', port: address.port });
  ({ port } = await proxy.start({ host: '127.0.0.1', port: 0 }));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.stop();
  await new Promise((resolve) => echo.close(resolve));
});

function dial(): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('close', resolve));

async function exchange(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** Some turns in which bytes that are not held would long have arrived: another connection has carried some to and fro. */
async function timeForBytes(): Promise<void> {
  const other = connect((echo.address() as { readonly port: number }).port, '127.0.0.1');
  sockets.push(other);
  for (let round = 0; round < 20; round += 1) await exchange(other, '.');
  heard = heard.replaceAll('.', '');
}

test('a whole network passes bytes on, and the end of either side', async () => {
  const socket = dial();
  expect(await exchange(socket, 'a')).toBe('a');
  sockets[1]?.end();
  await once(socket, 'end');
});

test('a closed one resets what is open and what is new, and after mending all is well', async () => {
  const socket = dial();
  await exchange(socket, 'a');
  proxy.setFault('closed');
  await closed(socket);
  await closed(dial());
  proxy.setFault('none');
  expect(await exchange(dial(), 'b')).toBe('b');
});

test('a holding one keeps bytes of open and new connections, and delivers them late', async () => {
  const socket = dial();
  await exchange(socket, 'a');
  proxy.setFault('held');
  const late = exchange(socket, 'b');
  const young = exchange(dial(), 'c');
  await timeForBytes();
  expect(heard).toBe('a');
  proxy.setFault('none');
  expect(await Promise.all([late, young])).toEqual(['b', 'c']);
});

test('one that holds replies delivers requests all the same', async () => {
  const socket = dial();
  await exchange(socket, 'a');
  proxy.setFault('replies-held');
  let answered = '';
  socket.on('data', (chunk: Buffer) => (answered += chunk.toString()));
  socket.write('b');
  while (heard !== 'ab') await timeForBytes();
  expect(answered).toBe('');
  proxy.setFault('requests-held');
  socket.write('c');
  await once(socket, 'data');
  await timeForBytes();
  expect([answered, heard]).toEqual(['b', 'ab']);
});

import type { Clock, Timer } from '@steppe/runtime';
import type { Socket } from 'node:net';
import { streamFailure } from './network-error.js';
import type { GossipAddress, GossipStream } from './transport.js';

/** A TCP connection. Closed when nothing moves on it for a while. */
export class NetStream implements GossipStream {
  readonly remote: GossipAddress;
  onData: (chunk: Uint8Array) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #timer: Timer;
  #lastMoveMs: number;
  #error: Error | undefined;

  /** @param idleMs - after so many milliseconds without bytes in either direction it is broken off */
  constructor(
    socket: Socket,
    remote: GossipAddress,
    { clock, idleMs }: { readonly clock: Clock; readonly idleMs: number },
  ) {
    this.remote = remote;
    this.#socket = socket;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#lastMoveMs = clock.monotonic();
    this.#timer = clock.setTimer(idleMs, this.#onTimer);
    socket.on('data', (chunk: Uint8Array) => {
      this.#moved();
      this.onData(chunk);
    });
    socket.on('error', (error) => (this.#error ??= streamFailure(remote, error)));
    socket.once('close', () => {
      this.#timer.cancel();
      this.onClose(this.#error);
    });
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes, this.#moved);
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #moved = (): void => {
    this.#lastMoveMs = this.#clock.monotonic();
  };

  /** One timer for the whole time, instead of a new one with every chunk. */
  readonly #onTimer = (): void => {
    const leftMs = this.#lastMoveMs + this.#idleMs - this.#clock.monotonic();
    if (leftMs > 0) {
      this.#timer = this.#clock.setTimer(leftMs, this.#onTimer);
      return;
    }
    this.#error ??= streamFailure(this.remote, new Error('i/o timeout'));
    this.#socket.destroy();
  };
}

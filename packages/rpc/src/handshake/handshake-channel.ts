import type { Socket } from 'node:net';
import { parseJson } from '../wire/failure.js';
import { fieldsOf } from './hello.js';
import { Refusal } from './refusal.js';

/** What a dialler sends before anything else; the digit is the version. */
const PREFACE = Buffer.from('STEPPE-RPC 1\r\n');
/** Largest message of a handshake, bytes: bounded long before the peer is known. */
const MAX_HANDSHAKE_BYTES = 4_096;
/** A sentence of the peer's that we show is cut here. */
const MAX_SENTENCE_LENGTH = 200;

export interface HandshakeMessage {
  readonly value: unknown;
  readonly bytes: Buffer;
}

/**
 * Messages over a socket that is to carry HTTP/2 afterwards: each a length (2 bytes, big-endian) and JSON. Takes no byte
 * beyond the message it reads.
 */
export class HandshakeChannel {
  readonly #socket: Socket;
  /** Settles when everything written so far has left. */
  #written: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @throws Refusal `protocol` */
  async readPreface(): Promise<void> {
    const bytes = await this.#read(PREFACE.length);
    if (!bytes.equals(PREFACE)) throw new Refusal('protocol', 'it does not speak this protocol');
  }

  /** @throws Refusal `protocol`, or the peer's own refusal */
  async read(): Promise<HandshakeMessage> {
    const length = (await this.#read(2)).readUInt16BE();
    if (length > MAX_HANDSHAKE_BYTES) throw new Refusal('protocol', 'it does not speak this protocol');
    const bytes = await this.#read(length);
    const message = parseJson(bytes);
    if (message === undefined) throw new Refusal('protocol', 'it does not speak this protocol');
    const { refused } = fieldsOf(message.value);
    if (typeof refused === 'string') throw new PeerRefusedUs(refused.slice(0, MAX_SENTENCE_LENGTH));
    return { value: message.value, bytes };
  }

  writePreface(): void {
    this.#send(PREFACE);
  }

  write(message: unknown): void {
    this.writeBytes(Buffer.from(JSON.stringify(message)));
  }

  writeBytes(message: Buffer): void {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    this.#send(Buffer.concat([length, message]));
  }

  /**
   * Resolves when everything written has left. HTTP/2 takes the socket over natively: it aborts the process when it is told
   * of the completion of a write that is not its own.
   * @throws ConnectionEnded
   */
  async flushed(): Promise<void> {
    await this.#written;
    if (this.#socket.destroyed) throw new ConnectionEnded();
  }

  /** Tells the peer why, then closes. */
  refuse({ message }: Refusal): void {
    if (this.#socket.writable) this.write({ refused: message });
    this.#socket.destroySoon();
  }

  #send(bytes: Buffer): void {
    this.#written = new Promise((resolve) => {
      // A write that fails closes the socket, which whoever uses it next finds out.
      this.#socket.write(bytes, () => resolve());
    });
  }

  #read(length: number): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        socket.off('readable', take).off('end', onEnd).off('close', onEnd).off('error', onError);
        settled();
      };
      const onError = (error: Error): void => settle(() => reject(error));
      const onEnd = (): void => settle(() => reject(new ConnectionEnded()));
      const take = (): void => {
        const bytes = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null);
        if (bytes === null) return;
        settle(() => (bytes.length === length ? resolve(bytes) : reject(new ConnectionEnded())));
      };
      if (socket.destroyed) {
        reject(new ConnectionEnded());
        return;
      }
      socket.on('readable', take).on('end', onEnd).on('close', onEnd).on('error', onError);
      take();
    });
  }
}

/** The connection was closed in the middle of the handshake. */
class ConnectionEnded extends Error {
  constructor() {
    super('connection closed');
  }
}

/** The peer does not want us; the message is its sentence. */
export class PeerRefusedUs extends Error {}

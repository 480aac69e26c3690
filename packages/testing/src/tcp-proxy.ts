import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/**
 * What a network may do to a connection.
 *
 * - `closed`: connections are reset, and new ones too.
 * - `held`: nothing arrives, and nothing is closed; afterwards all of it arrives late.
 * - `requests-held`, `replies-held`: the same in one direction.
 */
export type NetworkFault = 'none' | 'closed' | 'held' | 'requests-held' | 'replies-held';

export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A piece of network between a program and what it connects to, which a test can break and mend. */
export class TcpProxy {
  readonly #target: TcpEndpoint;
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  readonly #server: Server;
  #fault: NetworkFault = 'none';

  constructor(target: TcpEndpoint) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  /** @param endpoint - where programs connect to; port 0 picks one. @returns the address as bound */
  start({ host, port }: TcpEndpoint): Promise<TcpEndpoint> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve({ host, port: typeof address === 'object' && address !== null ? address.port : port });
      });
    });
  }

  async stop(): Promise<void> {
    this.setFault('closed');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Holds from now on, for connections that are open and for new ones. */
  setFault(fault: NetworkFault): void {
    this.#fault = fault;
    for (const { near, far } of this.#pairs) {
      if (fault === 'closed') {
        near.resetAndDestroy();
        far.resetAndDestroy();
      } else this.#regulate(near, far);
    }
  }

  #join(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#fault === 'closed') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...this.#target, noDelay: true });
    far.on('error', () => undefined);
    const pair = { near, far };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => void to.write(chunk));
      from.once('end', () => to.end());
      from.once('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
    this.#regulate(near, far);
  }

  #regulate(near: Socket, far: Socket): void {
    const held = this.#fault;
    const flow = (socket: Socket, stops: boolean): void => void (stops ? socket.pause() : socket.resume());
    flow(near, held === 'held' || held === 'requests-held');
    flow(far, held === 'held' || held === 'replies-held');
  }
}

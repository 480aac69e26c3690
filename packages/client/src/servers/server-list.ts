import type { Random } from '@steppe/runtime';

/**
 * The servers a client knows, in the order in which it turns to them: always to the first.
 * Holds `host:port` texts, each once.
 */
export class ServerList {
  readonly #random: Random;
  #servers: readonly string[] = [];

  constructor({ random }: { readonly random: Random }) {
    this.#random = random;
  }

  /** The server to call; `undefined` when none is known. */
  get first(): string | undefined {
    return this.#servers[0];
  }

  get size(): number {
    return this.#servers.length;
  }

  /** A snapshot in calling order. */
  all(): readonly string[] {
    return this.#servers;
  }

  /**
   * Makes `servers` the list. The same servers in whatever order change nothing, so that a client stays with the one it
   * talks to; others come in random order, so that clients spread over them.
   * @returns whether the list changed
   */
  replace(servers: readonly string[]): boolean {
    const unique = [...new Set(servers)];
    if (this.#holdsExactly(unique)) return false;
    this.#servers = this.#shuffled(unique);
    return true;
  }

  /** A server did not answer: if it is the first and there are others, it becomes the last. */
  failed(server: string): void {
    const [first, ...others] = this.#servers;
    if (first === undefined || first !== server || others.length === 0) return;
    this.#servers = [...others, first];
  }

  /**
   * Turns to another server: the first that answers, asked one by one in random order. When none answers, or the list
   * became another one meanwhile, it stays as it is.
   */
  async rebalance(answers: (server: string) => Promise<boolean>): Promise<void> {
    const candidates = this.#shuffled(this.#servers);
    for (const [asked, server] of candidates.entries()) {
      if (!(await answers(server))) continue;
      if (this.#holdsExactly(candidates)) this.#servers = [...candidates.slice(asked), ...candidates.slice(0, asked)];
      return;
    }
  }

  #holdsExactly(unique: readonly string[]): boolean {
    const known = new Set(this.#servers);
    return unique.length === known.size && unique.every((server) => known.has(server));
  }

  /** Fisher and Yates: every order is as likely as any other. */
  #shuffled(servers: readonly string[]): readonly string[] {
    const order = [...servers];
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.#random.next() * (last + 1));
      [order[last], order[other]] = [order[other] as string, order[last] as string];
    }
    return order;
  }
}

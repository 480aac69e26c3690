import type { Allocation, Node } from '@steppe/domain';

/** Ports of one node and who has them. */
export class PortSet {
  readonly #used = new Set<number>();

  /** The ports a node keeps for itself. */
  static ofNode({ reserved }: Node): PortSet {
    const ports = new PortSet();
    for (const port of parsePorts(reserved.ports)) ports.#used.add(port);
    return ports;
  }

  has(port: number): boolean {
    return this.#used.has(port);
  }

  /** @returns whether it was free */
  take(port: number): boolean {
    if (this.#used.has(port)) return false;
    this.#used.add(port);
    return true;
  }

  /** Takes the ports of an allocation. @returns the first that somebody else has */
  takeOf({ allocatedResources }: Allocation): number | undefined {
    let collision: number | undefined;
    for (const { value } of allocatedResources?.shared?.ports ?? []) {
      if (!this.take(value)) collision ??= value;
    }
    return collision;
  }
}

/** `22,80,8500-8600` as numbers; what is no port is left out. */
function* parsePorts(text: string): Iterable<number> {
  for (const part of text.split(',')) {
    const [, from, to = from] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part) ?? [];
    if (from === undefined) continue;
    for (let port = Number(from); port <= Math.min(Number(to), 65_535); port += 1) yield port;
  }
}

import type { PathMatch, RouteTable } from './route-table.js';

/** The operations of the running API, for those among them that are about the others. */
export class MountedRoutes {
  #table: RouteTable | undefined;

  /** The table is made of the routes, which come first. */
  attach(table: RouteTable): void {
    this.#table = table;
  }

  match(path: string): PathMatch | undefined {
    return this.#table?.match(path);
  }
}

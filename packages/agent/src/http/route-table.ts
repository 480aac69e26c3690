import { headRoute } from './head-route.js';
import type { AnyHttpRoute, HttpRouteContribution } from './route.js';
import type { PathParameters } from './request/path-parameters.js';

/** All operations of one path. */
export interface PathEntry {
  readonly path: string;
  readonly byMethod: ReadonlyMap<string, AnyHttpRoute>;
  /** The operation that takes every method. */
  readonly any: AnyHttpRoute | undefined;
  readonly routes: readonly AnyHttpRoute[];
  /** Whether one of them has it. */
  readonly cors: boolean;
}

export interface PathMatch {
  readonly entry: PathEntry;
  readonly parameters: PathParameters;
}

const NO_PARAMETERS: PathParameters = Object.freeze({});

interface MutableEntry {
  readonly path: string;
  readonly byMethod: Map<string, AnyHttpRoute>;
  any: AnyHttpRoute | undefined;
  readonly routes: AnyHttpRoute[];
  cors: boolean;
}

interface Prefix {
  readonly prefix: string;
  readonly entry: PathEntry;
}

interface Segment extends Prefix {
  /** What follows the variable part, empty where it is the last. */
  readonly suffix: string;
  readonly name: string;
  /** Whether the variable part may have slashes. */
  readonly isWide: boolean;
}

/** What says more of a path goes first: a variable part without slashes, then a longer beginning, then a longer end. */
const bySpecificity = (a: Segment, b: Segment): number =>
  Number(a.isWide) - Number(b.isWide) || b.prefix.length - a.prefix.length || b.suffix.length - a.suffix.length;

/** The compiled table of operations: exact paths by one map lookup, the few variable ones by their prefix. */
export class RouteTable {
  readonly routes: readonly AnyHttpRoute[];
  readonly #exact = new Map<string, PathEntry>();
  readonly #segments: Segment[] = [];
  readonly #subtrees: Prefix[] = [];

  /** @throws an `Error` naming method and path when two contributions share them */
  constructor(contributions: readonly HttpRouteContribution[]) {
    const entries = new Map<string, MutableEntry>();
    this.routes = contributions.flatMap((contribution) => contribution.routes);
    for (const route of this.routes) {
      const entry = entries.get(route.path) ?? emptyEntry(route.path);
      entries.set(route.path, entry);
      addToEntry(entry, route);
    }
    for (const entry of entries.values()) this.#index(entry);
    this.#segments.sort(bySpecificity);
  }

  match(path: string): PathMatch | undefined {
    const entry = this.#exact.get(path);
    if (entry !== undefined) return { entry, parameters: NO_PARAMETERS };
    for (const { prefix, suffix, name, isWide, entry: candidate } of this.#segments) {
      if (!path.startsWith(prefix) || !path.endsWith(suffix)) continue;
      const value = path.slice(prefix.length, path.length - suffix.length);
      if (value !== '' && (isWide || !value.includes('/'))) {
        return { entry: candidate, parameters: { [name]: decode(value) } };
      }
    }
    for (const { prefix, entry: candidate } of this.#subtrees) {
      if (path.startsWith(prefix)) return { entry: candidate, parameters: { '*': decode(path.slice(prefix.length)) } };
    }
    return undefined;
  }

  /** Whether `path` is a subtree asked for without its closing slash. */
  isSubtreeRoot(path: string): boolean {
    return this.#subtrees.some(({ prefix }) => prefix === `${path}/`);
  }

  #index(entry: PathEntry): void {
    const subtree = /^(.*\/)\*$/.exec(entry.path);
    const segment = /^(.*\/):(\w+)(\+?)(\/.+)?$/.exec(entry.path);
    if (subtree?.[1] !== undefined) this.#subtrees.push({ prefix: subtree[1], entry });
    else if (segment !== null) {
      const [, prefix = '', name = '', plus = '', suffix = ''] = segment;
      this.#segments.push({ prefix, name, suffix, isWide: plus !== '', entry });
    } else this.#exact.set(entry.path, entry);
  }
}

const emptyEntry = (path: string): MutableEntry => ({
  path,
  byMethod: new Map(),
  any: undefined,
  routes: [],
  cors: false,
});

function addToEntry(entry: MutableEntry, route: AnyHttpRoute): void {
  for (const [method, taken] of takenMethods(route)) {
    if (entry.any !== undefined || entry.byMethod.has(method) || (method === 'any' && entry.byMethod.size > 0)) {
      throw new Error(`two contributions to HttpRouteContribution declare ${method} ${route.path}`);
    }
    if (method === 'any') entry.any = taken;
    else entry.byMethod.set(method, taken);
  }
  entry.routes.push(route);
  if (route.cors === true) entry.cors = true;
}

/** The methods that a route takes, each with what answers it. */
function takenMethods(route: AnyHttpRoute): readonly (readonly [method: string, taken: AnyHttpRoute])[] {
  const { methods, cors, mutates } = route;
  if (methods === 'any') return [['any', route]];
  const named = methods.map((method) => [method, route] as const);
  // Whoever asks with `HEAD` expects nothing to change.
  if (cors !== true || mutates === true || !methods.includes('GET') || methods.includes('HEAD')) return named;
  return [...named, ['HEAD', headRoute(route)]];
}

/** A segment that is not valid percent-encoding is taken as it is. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

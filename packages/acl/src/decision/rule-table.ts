import { Glob } from './glob.js';
import { GlobIndex } from './glob-index.js';

/** What the rules of one label allow together. `deny` stands alone where it has precedence. */
export interface TableEntry {
  readonly label: string;
  readonly capabilities: ReadonlySet<string>;
}

/** Recent names whose deciding pattern is remembered; beyond that, all are forgotten. */
const MAX_REMEMBERED = 1_024;
/** Longer names are looked up every time, so that the memory has a bound in bytes too. */
const MAX_REMEMBERED_LENGTH = 512;

/** Rules by label: of all that match a name, which one decides. Immutable; what it remembers is never seen. */
export class RuleTable {
  readonly #exact: ReadonlyMap<string, TableEntry>;
  readonly #globs: GlobIndex<TableEntry>;
  readonly #hasGlobs: boolean;
  readonly #remembered = new Map<string, TableEntry | undefined>();
  /** Every rule, patterns included. */
  readonly entries: readonly TableEntry[];

  constructor(entries: Iterable<TableEntry>) {
    this.entries = [...entries];
    const globs = this.entries.filter(({ label }) => Glob.isGlob(label));
    this.#exact = new Map(this.entries.filter(({ label }) => !Glob.isGlob(label)).map((entry) => [entry.label, entry]));
    this.#globs = new GlobIndex(globs.map((entry) => [entry.label, entry]));
    this.#hasGlobs = globs.length > 0;
  }

  /** The rule that decides about a name: its own, even an empty one, else the closest pattern. */
  select(name: string): TableEntry | undefined {
    return this.selectExact(name) ?? this.selectGlob(name);
  }

  selectExact(name: string): TableEntry | undefined {
    return this.#exact.get(name);
  }

  selectGlob(name: string): TableEntry | undefined {
    if (!this.#hasGlobs) return undefined;
    const known = this.#remembered.get(name);
    if (known !== undefined || this.#remembered.has(name)) return known;
    const found = this.#globs.find(name);
    if (name.length <= MAX_REMEMBERED_LENGTH) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(name, found);
    }
    return found;
  }

  allows(name: string, capability: string): boolean {
    return this.select(name)?.capabilities.has(capability) === true;
  }

  /** Whether a name has any right at all. */
  allowsAnything(name: string): boolean {
    return isUsable(this.select(name));
  }
}

/** A rule that grants something. */
export function isUsable(entry: TableEntry | undefined): boolean {
  return entry !== undefined && entry.capabilities.size > 0 && !entry.capabilities.has('deny');
}

/** Collects the capabilities of each label from any number of rules, in any order. */
export class TableBuilder {
  readonly #sets = new Map<string, Set<string>>();
  readonly #denyWins: boolean;

  /** @param denyWins - whether a `deny` leaves nothing else in the set of its label */
  constructor({ denyWins }: { readonly denyWins: boolean }) {
    this.#denyWins = denyWins;
  }

  add(label: string, capabilities: readonly string[] | undefined): void {
    let set = this.#sets.get(label);
    if (set === undefined) this.#sets.set(label, (set = new Set()));
    unite(set, capabilities, this.#denyWins);
  }

  build(): RuleTable {
    return new RuleTable(Array.from(this.#sets, ([label, capabilities]) => ({ label, capabilities })));
  }
}

/** Adds words to a set; where `deny` wins it leaves nothing else, then and later. */
export function unite(set: Set<string>, words: readonly string[] | undefined, denyWins: boolean): void {
  if (words === undefined || (denyWins && set.has('deny'))) return;
  if (denyWins && words.includes('deny')) {
    set.clear();
    set.add('deny');
  } else for (const word of words) set.add(word);
}

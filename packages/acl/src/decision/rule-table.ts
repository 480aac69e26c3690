import { Glob } from './glob.js';
import { GlobIndex } from './glob-index.js';

/** What the rules of one label allow together. `deny` stands alone where it has precedence. */
export interface TableEntry {
  readonly label: string;
  readonly capabilities: ReadonlySet<string>;
}

/** Recent names whose deciding pattern is remembered; beyond that, all are forgotten. Names come from requests: few and short. */
const MAX_REMEMBERED = 512;
/** Longer names are looked up every time. */
const MAX_REMEMBERED_LENGTH = 128;

/** Rules by label: of all that match a name, which one decides. Immutable; what it remembers is never seen. */
export class RuleTable {
  readonly #exact: ReadonlyMap<string, TableEntry>;
  readonly #globs: GlobIndex<TableEntry>;
  readonly #remembered = new Map<string, TableEntry | undefined>();
  /** Every rule, patterns included. */
  readonly entries: readonly TableEntry[];

  constructor(entries: Iterable<TableEntry>) {
    this.entries = [...entries];
    const globs = this.entries.filter(({ label }) => Glob.isGlob(label));
    this.#exact = new Map(this.entries.filter(({ label }) => !Glob.isGlob(label)).map((entry) => [entry.label, entry]));
    this.#globs = new GlobIndex(globs.map((entry) => [entry.label, entry]));
  }

  /** The rule that decides about a name: its own, even an empty one, else the closest pattern. */
  select(name: string): TableEntry | undefined {
    return this.selectExact(name) ?? this.selectGlob(name);
  }

  selectExact(name: string): TableEntry | undefined {
    return this.#exact.get(name);
  }

  selectGlob(name: string): TableEntry | undefined {
    if (this.#globs.isSmall) return this.#globs.find(name);
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
  /** Labels of one rule share a set where they share a list; the others have one of their own, to be added to. */
  readonly #sets = new Map<string, ReadonlySet<string>>();
  readonly #shared = new Map<readonly string[], ReadonlySet<string>>();
  readonly #denyWins: boolean;

  /** @param denyWins - whether a `deny` leaves nothing else in the set of its label */
  constructor({ denyWins }: { readonly denyWins: boolean }) {
    this.#denyWins = denyWins;
  }

  add(label: string, capabilities: readonly string[] = NOTHING): void {
    const known = this.#sets.get(label);
    this.#sets.set(
      label,
      known === undefined ? this.#setOf(capabilities) : united(known, capabilities, this.#denyWins),
    );
  }

  build(): RuleTable {
    return new RuleTable(Array.from(this.#sets, ([label, capabilities]) => ({ label, capabilities })));
  }

  #setOf(capabilities: readonly string[]): ReadonlySet<string> {
    let set = this.#shared.get(capabilities);
    if (set === undefined) this.#shared.set(capabilities, (set = united(new Set(), capabilities, this.#denyWins)));
    return set;
  }
}

const NOTHING: readonly string[] = [];
const DENIED: ReadonlySet<string> = new Set(['deny']);

/** A set with more words in it; where `deny` wins it leaves nothing else, then and later. */
export function united(set: ReadonlySet<string>, words: readonly string[], denyWins: boolean): ReadonlySet<string> {
  if (denyWins && (set.has('deny') || words.includes('deny'))) return DENIED;
  return words.every((word) => set.has(word)) ? set : new Set([...set, ...words]);
}

import type { DiffType, FieldDiff, ObjectDiff } from './diff-shapes.js';

/** A block as the API writes it; `undefined` for one that is not there. */
export type Block = Readonly<Record<string, unknown>> | undefined;

/** What a block inside a block is called in a diff, and what it is called in JSON. */
interface BlockName {
  /** Of the field in JSON. */
  readonly field: string;
  /** In the diff. */
  readonly name: string;
}

export interface BlockDiffOptions {
  /** Fields that say nothing of what is asked for. */
  readonly ignored?: ReadonlySet<string>;
  /** Lists of texts, which are compared as sets. */
  readonly sets?: readonly string[];
  /** Maps whose entries are fields `Name[key]`. */
  readonly maps?: readonly string[];
  /** Blocks of which there is one at most. */
  readonly single?: readonly (BlockName & { readonly options?: BlockDiffOptions })[];
  /** Lists of blocks, which are compared as sets. */
  readonly lists?: readonly (BlockName & { readonly options?: BlockDiffOptions })[];
  /** Whether what did not change is shown beside what did. */
  readonly isContextual?: boolean;
}

/** What differs inside of two blocks of one kind. */
export interface Differences {
  readonly fields: readonly FieldDiff[];
  readonly objects: readonly ObjectDiff[];
}

export function differences(before: Block, after: Block, options: BlockDiffOptions): Differences {
  const { sets = [], single = [], lists = [], isContextual = false } = options;
  const objects = [
    ...sets.flatMap((name) => present(textSetDiff(name, before, after))),
    ...lists.flatMap((each) => blockSetDiff(each, listIn(before, each.field), listIn(after, each.field))),
    ...single.flatMap((each) =>
      present(blockDiff(each.name, blockIn(before, each.field), blockIn(after, each.field), each.options)),
    ),
  ];
  return { fields: fieldDiffs(fieldsOf(before, options), fieldsOf(after, options), isContextual), objects };
}

/** The difference of two blocks; `undefined` when there is none. */
function blockDiff(name: string, before: Block, after: Block, options: BlockDiffOptions = {}): ObjectDiff | undefined {
  if (before === undefined && after === undefined) return undefined;
  const bare = differences(before, after, { ...options, isContextual: false });
  if (before !== undefined && after !== undefined && isNothing(bare)) return undefined;
  const isContextual = before !== undefined && after !== undefined;
  const { fields, objects } = isContextual ? differences(before, after, { ...options, isContextual }) : bare;
  return { Type: typeOf(before, after), Name: name, Fields: orNull(fields), Objects: orNull(objects) };
}

export const isNothing = ({ fields, objects }: Differences): boolean => fields.length === 0 && objects.length === 0;

export const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);

/** Of what exists in one or both of two states and differs. */
export const typeOf = (before: unknown, after: unknown): DiffType =>
  before === undefined ? 'Added' : after === undefined ? 'Deleted' : 'Edited';

/** The differences of texts by name, in the order of the names. */
export function fieldDiffs(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  isContextual: boolean,
): readonly FieldDiff[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.flatMap((Name) => {
    const [Old, New] = [before.get(Name), after.get(Name)];
    const isSame = (Old ?? '') === (New ?? '');
    if (isSame && (!isContextual || Old === undefined || New === undefined)) return [];
    const Type = isSame ? 'None' : typeOf(Old, New);
    return [{ Type, Name, Old: Old ?? '', New: New ?? '', Annotations: null }];
  });
}

function fieldsOf(block: Block, { ignored, maps = [] }: BlockDiffOptions): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(block ?? {})) {
    if (ignored?.has(name) === true) continue;
    if (maps.includes(name))
      for (const [key, item] of Object.entries(value ?? {})) fields.set(`${name}[${key}]`, `${item}`);
    else if (isPlain(value)) fields.set(name, `${value}`);
  }
  return fields;
}

const isPlain = (value: unknown): value is string | number | boolean | bigint =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value);

function textSetDiff(name: string, before: Block, after: Block): ObjectDiff | undefined {
  const texts = (block: Block): ReadonlyMap<string, string> =>
    new Map(((block?.[name] ?? []) as readonly string[]).map((text) => [text, text]));
  const fields = fieldDiffs(texts(before), texts(after), false).map((field) => ({ ...field, Name: name }));
  if (fields.length === 0) return undefined;
  const types = new Set(fields.map(({ Type }) => Type));
  const Type: DiffType = types.size > 1 ? 'Edited' : (fields[0]?.Type ?? 'None');
  return { Type, Name: name, Fields: fields, Objects: null };
}

function blockSetDiff(
  { name, options }: BlockName & { readonly options?: BlockDiffOptions },
  before: readonly Block[],
  after: readonly Block[],
): readonly ObjectDiff[] {
  const keys = (blocks: readonly Block[]) => new Map(blocks.map((block) => [JSON.stringify(block), block]));
  const [old, fresh] = [keys(before), keys(after)];
  const gone = [...old]
    .filter(([key]) => !fresh.has(key))
    .map(([, block]) => blockDiff(name, block, undefined, options));
  const come = [...fresh]
    .filter(([key]) => !old.has(key))
    .map(([, block]) => blockDiff(name, undefined, block, options));
  return [...come, ...gone].flatMap(present);
}

const present = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

export const blockIn = (block: Block, field: string): Block => (block?.[field] ?? undefined) as Block;

export const listIn = (block: Block, field: string): readonly NonNullable<Block>[] =>
  (block?.[field] ?? []) as readonly NonNullable<Block>[];

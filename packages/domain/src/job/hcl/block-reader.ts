import type { HclEntry, HclObject } from '../../hcl/document.js';
import { syntaxError } from '../../hcl/document.js';
import { goQuote } from '../../values/go-text.js';
import type { ValueKind } from './hcl-values.js';
import { readValue } from './hcl-values.js';

/** A block as JSON. */
export type JsonBlock = Record<string, unknown>;

/** A key and its value: what it is called in JSON. */
export interface KeyRule {
  readonly json: string;
  readonly kind: ValueKind;
}

/** A block inside of a block. */
export interface InnerRule {
  readonly json: string;
  readonly block: BlockRule;
  /** JSON field of its label; without one it has none. */
  readonly label?: string;
  /** Whether there may be several. */
  readonly isList?: boolean;
}

/** What a kind of block may have in it; everything else is an error. */
export interface BlockRule {
  readonly keys: Readonly<Record<string, KeyRule>>;
  readonly blocks?: Readonly<Record<string, InnerRule>>;
  /** Keys and blocks that exist in the reference, with what to call them. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Makes JSON of what is written in another way there. */
  readonly finish?: (block: JsonBlock) => JsonBlock;
}

/** Reads a block. @param where - what to call it in errors. @throws HCL_SYNTAX with line and column */
export function readBlock(object: HclObject, rule: BlockRule, where: string): JsonBlock {
  const block: JsonBlock = {};
  for (const entry of object.entries) readEntry(entry, rule, where, block);
  return rule.finish === undefined ? block : rule.finish(block);
}

function readEntry(entry: HclEntry, rule: BlockRule, where: string, block: JsonBlock): void {
  const { key, at, value } = entry;
  const [plain, inner] = [own(rule.keys, key), own(rule.blocks ?? {}, key)];
  if (plain !== undefined) {
    if (plain.json in block) throw syntaxError(at, `${goQuote(key)} of ${where} is given twice`);
    if (entry.labels.length > 0) throw syntaxError(at, `${goQuote(key)} of ${where} has a label, and should have none`);
    block[plain.json] = readValue(plain.kind, value, `${goQuote(key)} of ${where}`);
  } else if (inner !== undefined) readInner(entry, inner, where, block);
  else {
    const what = own(rule.unsupported ?? {}, key);
    if (what === undefined) throw syntaxError(at, `unknown key ${goQuote(key)} in ${where}`);
    if (!isOff(entry)) throw syntaxError(at, `${goQuote(key)} of ${where}: ${what} are not supported`);
  }
}

/** What is turned off explicitly is as what is not there. */
const isOff = ({ value }: HclEntry): boolean =>
  (value.kind === 'bool' && !value.value) || (value.kind === 'number' && value.value === 0);

function readInner(
  entry: HclEntry,
  { json, block: rule, label, isList }: InnerRule,
  where: string,
  block: JsonBlock,
): void {
  const { key, labels, at, value } = entry;
  const expected = label === undefined ? 0 : 1;
  if (labels.length !== expected) {
    throw syntaxError(at, `${goQuote(key)} of ${where} must have ${expected === 0 ? 'no label' : 'one label'}`);
  }
  const items = isList === true && value.kind === 'list' ? value.items : [value];
  for (const item of items) {
    if (item.kind !== 'object') throw syntaxError(item.at, `${goQuote(key)} of ${where} must be a block`);
    const name = label === undefined ? key : `${key} ${goQuote(labels[0] ?? '')}`;
    const read = readBlock(item, rule, name);
    const named = label === undefined ? read : { ...read, [label]: labels[0] };
    if (isList === true) block[json] = [...((block[json] as readonly JsonBlock[] | undefined) ?? []), named];
    else if (json in block) throw syntaxError(at, `${goQuote(key)} of ${where} is given twice`);
    else block[json] = named;
  }
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

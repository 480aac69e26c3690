import type { HclEntry, HclObject, HclValue } from '@steppe/domain';
import { isJsonDocument, parseHcl } from '@steppe/domain';

/** Kinds of rules whose label says what they are for. */
export const LABELLED_KINDS = ['namespace', 'node_pool', 'host_volume'] as const;
/** Kinds of rules there is one of. */
export const SINGLE_KINDS = ['agent', 'node', 'operator', 'sentinel', 'quota', 'plugin'] as const;

/** A policy text as blocks: every rule is an entry of its own, whether it was written in HCL or JSON. */
export interface PolicyDocument {
  readonly entries: readonly HclEntry[];
  readonly isJson: boolean;
}

/** @throws HCL_SYNTAX */
export function readPolicyDocument(text: string): PolicyDocument {
  const { entries } = parseHcl(text, { laxJson: true });
  return isJsonDocument(text) ? { entries: entries.flatMap(jsonBlocks), isJson: true } : { entries, isJson: false };
}

/** Whether an entry has this name; names of blocks and attributes match in any case. */
export const isNamed = ({ key }: HclEntry, name: string): boolean =>
  key === name || (key.length === name.length && key.toLowerCase() === name);

/** A member of the outermost JSON object as the blocks it stands for. */
function jsonBlocks(entry: HclEntry): readonly HclEntry[] {
  const objects = objectsOf(entry.value);
  if (objects === undefined) return [entry];
  if (SINGLE_KINDS.some((kind) => isNamed(entry, kind))) return objects.map((value) => ({ ...entry, value }));
  const blocks = objects.flatMap((object) => labelledBlocks(entry, object));
  return isNamed(entry, 'namespace') ? blocks.map(withVariableBlocks) : blocks;
}

/** `{ "a": {…}, "b": {…} }` as one block for each label; anything else as one block without a label. */
function labelledBlocks(entry: HclEntry, object: HclObject): readonly HclEntry[] {
  const bodies = object.entries.map((member) => objectsOf(member.value));
  if (bodies.length === 0 || bodies.includes(undefined)) return [{ ...entry, value: object }];
  return object.entries.flatMap(({ key, at }, n) =>
    (bodies[n] ?? []).map((value) => ({ key: entry.key, labels: [key], value, at })),
  );
}

/** The `variables` of a namespace written in JSON, whose paths are members of an object. */
function withVariableBlocks(namespace: HclEntry): HclEntry {
  const body = namespace.value;
  if (body.kind !== 'object') return namespace;
  const entries = body.entries.flatMap((member) => {
    const objects = isNamed(member, 'variables') ? objectsOf(member.value) : undefined;
    if (objects === undefined) return [member];
    return objects.map((object) => ({ ...member, value: { ...object, entries: object.entries.flatMap(pathBlocks) } }));
  });
  return { ...namespace, value: { ...body, entries } };
}

function pathBlocks(entry: HclEntry): readonly HclEntry[] {
  const objects = isNamed(entry, 'path') ? objectsOf(entry.value) : undefined;
  return objects?.flatMap((object) => labelledBlocks(entry, object)) ?? [entry];
}

/** An object, or a list of nothing but objects. */
function objectsOf(value: HclValue): readonly HclObject[] | undefined {
  const items = value.kind === 'list' ? value.items : [value];
  return items.length > 0 && items.every((item) => item.kind === 'object') ? items : undefined;
}

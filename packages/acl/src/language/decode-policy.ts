import type { HclEntry, HclValue, Position } from '@steppe/domain';
import { hclSyntaxError } from '@steppe/domain';
import type { PolicyDocument } from './policy-document.js';
import { isNamed } from './policy-document.js';
import type {
  CapabilityRule,
  LabelledRule,
  LevelRule,
  NamespaceRule,
  PolicyRules,
  VariablePathRule,
} from './policy-rules.js';
import { policyInvalid } from '../errors.js';

/** The rules as written: nothing is checked but types, and no shorthand is expanded. */
export type WrittenRules = Omit<PolicyRules, 'raw'>;

/**
 * Takes the known blocks of a document; whatever else is there is left out, as the language says.
 * @throws HCL_SYNTAX for a value of the wrong type; ACL_POLICY_INVALID
 */
export function decodePolicy({ entries }: PolicyDocument): WrittenRules {
  return {
    namespaces: blocksOf(entries, 'namespace').map((block, n) => namespaceRule(block, `root.namespace[${n}]`)),
    nodePools: blocksOf(entries, 'node_pool').map((block, n) => labelledRule(block, `root.node_pool[${n}]`)),
    hostVolumes: blocksOf(entries, 'host_volume').map((block, n) => labelledRule(block, `root.host_volume[${n}]`)),
    agent: single(entries, 'agent', levelRule),
    node: single(entries, 'node', levelRule),
    operator: single(entries, 'operator', capabilityRule),
    sentinel: single(entries, 'sentinel', capabilityRule),
    quota: single(entries, 'quota', levelRule),
    plugin: single(entries, 'plugin', levelRule),
  };
}

/** A block: its label and what is inside. */
interface Block {
  readonly name: string | undefined;
  readonly entries: readonly HclEntry[];
  readonly at: Position;
}

function blocksOf(entries: readonly HclEntry[], kind: string): readonly Block[] {
  return entries
    .filter((entry) => isNamed(entry, kind))
    .flatMap(({ labels, value, at }): readonly Block[] => {
      const [name, ...rest] = labels;
      if (name !== undefined) return [{ name, entries: inside(rest, value, `root.${kind}`, at), at }];
      if (value.kind !== 'object' && value.kind !== 'list')
        throw hclSyntaxError(value.at, `unknown slice type: ${typeName(value)}`);
      const items = value.kind === 'list' ? value.items : [value];
      return items.map((item) => ({ name, entries: inside([], item, `root.${kind}`, at), at }));
    });
}

/** What is inside a block, once its first label is taken off: a second one is a block inside. */
function inside(labels: readonly string[], value: HclValue, place: string, at: Position): readonly HclEntry[] {
  const [key, ...rest] = labels;
  if (key !== undefined) return [{ key, labels: rest, value, at }];
  if (value.kind !== 'object')
    throw hclSyntaxError(value.at, `${place}: not an object type for struct (${typeName(value)})`);
  return value.entries;
}

function variablesOf(entries: readonly HclEntry[]): readonly VariablePathRule[] | undefined {
  const blocks = entries.filter((entry) => isNamed(entry, 'variables'));
  if (blocks.length === 0) return undefined;
  return blocks.flatMap(({ labels, value, at }) =>
    blocksOf(inside(labels, value, 'root.namespace.Variables', at), 'path').map(pathRule),
  );
}

function pathRule({ name, entries, at }: Block, n: number): VariablePathRule {
  // Nomad: a path without label and content breaks its decoder, which says so in these words.
  if (name === undefined && entries.length === 0)
    throw policyInvalid(
      'Failed to parse ACL Policy: invalid acl policy: runtime error: index out of range [0] with length 0',
      at,
    );
  return { path: name ?? '', capabilities: capabilitiesOf(entries, `root.namespace.Variables.path[${n}]`), at };
}

/** One rule, however many blocks it is written in: the last word wins, capabilities add up. */
function single<T>(
  entries: readonly HclEntry[],
  kind: string,
  decode: (block: Block, place: string) => T,
): T | undefined {
  const blocks = entries.filter((entry) => isNamed(entry, kind));
  const [first] = blocks;
  if (first === undefined) return undefined;
  const place = `root.${kind}`;
  const content = blocks.flatMap(({ labels, value, at }) => inside(labels, value, place, at));
  return decode({ name: undefined, entries: content, at: first.at }, place);
}

const levelRule = ({ entries, at }: Block, place: string): LevelRule => ({ policy: policyOf(entries, place), at });

const capabilityRule = ({ entries, at }: Block, place: string): CapabilityRule => ({
  policy: policyOf(entries, place),
  capabilities: capabilitiesOf(entries, place),
  at,
});

const labelledRule = ({ name = '', entries, at }: Block, place: string): LabelledRule => ({
  name,
  policy: policyOf(entries, place),
  capabilities: capabilitiesOf(entries, place),
  at,
});

const namespaceRule = ({ name = '', entries, at }: Block, place: string): NamespaceRule => ({
  name,
  policy: policyOf(entries, place),
  capabilities: capabilitiesOf(entries, place),
  variables: variablesOf(entries),
  at,
});

function policyOf(entries: readonly HclEntry[], place: string): string {
  let word = '';
  for (const entry of entries) {
    if (!isNamed(entry, 'policy')) continue;
    if (entry.labels.length > 0)
      throw hclSyntaxError(entry.at, `${place}.Policy: unknown type for string *ast.ObjectList`);
    word = textOf(entry.value, place, 'Policy');
  }
  return word;
}

function capabilitiesOf(entries: readonly HclEntry[], place: string): readonly string[] | undefined {
  let words: string[] | undefined;
  for (const entry of entries) {
    const { value } = entry;
    if (!isNamed(entry, 'capabilities') || value.kind === 'null') continue;
    if (value.kind !== 'list') throw hclSyntaxError(value.at, `unknown slice type: ${typeName(value)}`);
    words ??= [];
    for (const item of value.items) words.push(textOf(item, place, 'Capabilities'));
  }
  return words;
}

/** A scalar where a text belongs is what was written. */
function textOf(value: HclValue, place: string, field: string): string {
  switch (value.kind) {
    case 'string':
    case 'number':
      return value.text;
    case 'bool':
      return `${value.value}`;
    case 'null':
      return '';
    default:
      throw hclSyntaxError(value.at, `${place}.${field}: unknown type for string ${typeName(value)}`);
  }
}

function typeName({ kind }: HclValue): string {
  if (kind === 'list') return '*ast.ListType';
  return kind === 'object' ? '*ast.ObjectType' : '*ast.LiteralType';
}

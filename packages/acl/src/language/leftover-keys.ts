import { compareBytes } from '@steppe/domain';
import type { WrittenRules } from './decode-policy.js';
import type { PolicyDocument } from './policy-document.js';
import { LABELLED_KINDS, SINGLE_KINDS } from './policy-document.js';

/**
 * Keys and labels of the outermost level that no rule accounts for, sorted by bytes: unknown blocks with their labels, second
 * labels, second blocks of a kind there is one of.
 */
export function leftoverKeys({ entries }: PolicyDocument, rules: WrittenRules): readonly string[] {
  const left = new Map<string, number>();
  const drop = (key: string): void => {
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
  };
  for (const key of entries.flatMap((entry) => [entry.key, ...entry.labels])) left.set(key, (left.get(key) ?? 0) + 1);
  for (const kind of [...LABELLED_KINDS, ...SINGLE_KINDS]) {
    const first = entries.find((entry) => entry.key.toLowerCase() === kind);
    if (first !== undefined) drop(first.key);
  }
  const labelled = { namespace: rules.namespaces, node_pool: rules.nodePools, host_volume: rules.hostVolumes };
  for (const kind of LABELLED_KINDS) {
    labelled[kind].forEach(({ name }, n) => {
      // Nomad: only the first block of a kind may be spelled in another case.
      if (n > 0) drop(kind);
      drop(name);
    });
  }
  return [...left].flatMap(([key, count]) => Array.from({ length: count }, () => key)).toSorted(compareBytes);
}

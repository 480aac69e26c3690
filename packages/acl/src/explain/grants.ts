import type { RuleKind } from './located-rule.js';

const LONGEST_LABEL = 128;

const quoted = (text: string): string => JSON.stringify(text);

const list = (word: string): string => `capabilities = [${quoted(word)}]`;

/** A name as a label can say it: characters that labels may not hold become patterns. */
function asLabel(name: string, foreign: RegExp): string {
  const label = name.replace(foreign, '*').replace(/\*{2,}/g, '*');
  return label.length <= LONGEST_LABEL ? label : `${label.slice(0, LONGEST_LABEL - 1)}*`;
}

/** Rules that may grant a word for a name, the narrowest first. */
export function labelledGrants(
  kind: 'namespace' | 'node_pool' | 'host_volume',
  name: string,
  word: string,
): readonly string[] {
  const foreign = kind === 'node_pool' ? /[^a-zA-Z0-9_*-]+/g : /[^a-zA-Z0-9*-]+/g;
  // Asked about any namespace, one is enough.
  const names = name === '*' ? ['default', '*'] : [asLabel(name, foreign)];
  return names.map((label) => `${kind} ${quoted(label)} { ${word === '' ? '' : `${list(word)} `}}`);
}

/** Rules that may grant a word for a variable, the narrowest first. */
export function variableGrants(namespace: string, path: string, word: string): readonly string[] {
  const labels = namespace === '*' ? ['default', '*'] : [asLabel(namespace, /[^a-zA-Z0-9*-]+/g)];
  const paths = path === '' || path.startsWith('/') ? [`*${path.slice(1)}`] : [path];
  return labels.flatMap((label) =>
    paths.map((pattern) => `namespace ${quoted(label)} { variables { path ${quoted(pattern)} { ${list(word)} } } }`),
  );
}

export const levelGrant = (kind: RuleKind, word: string): string => `${kind} { policy = ${quoted(word)} }`;

export const capabilityGrant = (kind: 'operator' | 'sentinel', word: string): string => `${kind} { ${list(word)} }`;

import type { Node } from '@steppe/domain';

/** Values by which single nodes can be told apart. */
const UNIQUE = /\$\{(?:unique\.|node\.unique\.|attr\.unique\.|meta\.unique\.)/;

/** What a target such as `${attr.cpu.arch}` is on a node; a text without `${` stands for itself. `undefined`: not found. */
export function resolveTarget(target: string, node: Node): string | undefined {
  if (!target.startsWith('${')) return target;
  if (!target.endsWith('}')) return undefined;
  const name = target.slice(2, -1);
  switch (name) {
    case 'node.unique.id':
      return node.id;
    case 'node.unique.name':
      return node.name;
    case 'node.datacenter':
      return node.datacenter;
    case 'node.class':
      return node.nodeClass;
    case 'node.pool':
      return node.nodePool;
    default:
      if (name.startsWith('attr.')) return own(node.attributes, name.slice('attr.'.length));
      return name.startsWith('meta.') ? own(node.meta, name.slice('meta.'.length)) : undefined;
  }
}

/** Whether a target differs between nodes of one computed class. */
export const isUniqueTarget = (target: string): boolean => UNIQUE.test(target);

const own = (values: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;

interface TextNode<T> {
  /** Text between the parent and here, in reading direction. */
  edge: string;
  value: T | undefined;
  children: Map<number, TextNode<T>> | undefined;
}

/**
 * Values by text, found as the beginnings of a longer text. A step costs the same however many texts there are.
 * Reading backwards, the beginnings are endings.
 */
export class TextTree<T> {
  readonly #root: TextNode<T> = { edge: '', value: undefined, children: undefined };
  readonly #isBackward: boolean;

  constructor({ isBackward = false }: { readonly isBackward?: boolean } = {}) {
    this.#isBackward = isBackward;
  }

  /** The value of a text, made when there is none yet. */
  at(text: string, make: () => T): T {
    const node = this.#node(this.#isBackward ? reversed(text) : text);
    node.value ??= make();
    return node.value;
  }

  /**
   * Appends the values of all texts that stand at `from`, read in the tree's direction, the shortest first.
   * @param limit - how many characters may be read
   */
  collect(name: string, from: number, limit: number, values: T[]): void {
    const step = this.#isBackward ? -1 : 1;
    let node = this.#root;
    let read = 0;
    for (;;) {
      if (node.value !== undefined) values.push(node.value);
      if (node.children === undefined || read >= limit) return;
      const child = node.children.get(name.charCodeAt(from + step * read));
      if (child === undefined) return;
      const { edge } = child;
      if (read + edge.length > limit) return;
      for (let n = 1; n < edge.length; n += 1) {
        if (edge.charCodeAt(n) !== name.charCodeAt(from + step * (read + n))) return;
      }
      read += edge.length;
      node = child;
    }
  }

  #node(text: string): TextNode<T> {
    let node = this.#root;
    let rest = text;
    while (rest !== '') {
      node.children ??= new Map();
      const child = node.children.get(rest.charCodeAt(0));
      if (child === undefined) {
        const leaf: TextNode<T> = { edge: rest, value: undefined, children: undefined };
        node.children.set(rest.charCodeAt(0), leaf);
        return leaf;
      }
      const common = commonLength(child.edge, rest);
      node = common === child.edge.length ? child : split(node.children, child, common);
      rest = rest.slice(common);
    }
    return node;
  }
}

/** Puts a node into the middle of an edge. */
function split<T>(siblings: Map<number, TextNode<T>>, child: TextNode<T>, length: number): TextNode<T> {
  const upper: TextNode<T> = { edge: child.edge.slice(0, length), value: undefined, children: new Map() };
  child.edge = child.edge.slice(length);
  upper.children?.set(child.edge.charCodeAt(0), child);
  siblings.set(upper.edge.charCodeAt(0), upper);
  return upper;
}

function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let n = 0;
  while (n < end && a.charCodeAt(n) === b.charCodeAt(n)) n += 1;
  return n;
}

/** By UTF-16 units, as they are compared. */
const reversed = (text: string): string => text.split('').toReversed().join('');

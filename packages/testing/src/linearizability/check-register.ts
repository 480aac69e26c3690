/** What a client asked of one register, and what it was told. */
export type RegisterAction<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'write'; readonly value: Value }
  /** `succeeded` is not looked at when the outcome of the operation is unknown. */
  | { readonly kind: 'cas'; readonly expected: Value; readonly value: Value; readonly succeeded: boolean };

/** One operation of a history. Times are of one clock for all clients. */
export interface RegisterOperation<Value> {
  readonly action: RegisterAction<Value>;
  readonly calledAt: number;
  /** `undefined` when the outcome is unknown: it may have happened at any time since the call, may still, or never. */
  readonly returnedAt: number | undefined;
}

/** An entry of the history, in the order of time; calls know the entry of their return. */
interface Entry<Value> {
  readonly operation: RegisterOperation<Value>;
  readonly bit: bigint;
  /** Absent in the entry of a return. */
  readonly returned: Entry<Value> | undefined;
  previous: Entry<Value> | undefined;
  next: Entry<Value> | undefined;
}

/**
 * Whether operations on one register can have happened one after another, each at some moment between its call and its
 * return: the definition of linearizability. Operations that failed and surely did nothing do not belong in the history.
 *
 * The search is Wing and Gong's with Lowe's memory of what has been tried. It takes exponential time at worst, in the number
 * of operations that overlap; those of unknown outcome overlap with everything after them. So give each write a value of its
 * own: an unknown one that nobody has seen is then left aside.
 * @param initial - what the register holds before the first operation
 */
export function isLinearizable<Value extends string | number>(
  history: readonly RegisterOperation<Value>[],
  initial: Value,
): boolean {
  const head = link(withoutUnseen(history));
  const tried = new Set<string>();
  const taken: { readonly entry: Entry<Value>; readonly before: Value }[] = [];
  let value = initial;
  let done = 0n;
  let entry = head.next;
  while (head.next !== undefined) {
    // The list ends with a return as long as it holds anything.
    const at = entry as Entry<Value>;
    if (at.returned === undefined) {
      // Nothing that may come before this return is left to try: undo the newest choice, and go on after it.
      const last = taken.pop();
      if (last === undefined) return false;
      value = last.before;
      done &= ~last.entry.bit;
      putBack(last.entry);
      entry = last.entry.next;
      continue;
    }
    const after = step(value, at.operation);
    const id = after === undefined ? '' : `${done | at.bit} ${typeof after} ${after}`;
    if (after === undefined || tried.has(id)) {
      entry = at.next;
      continue;
    }
    tried.add(id);
    taken.push({ entry: at, before: value });
    value = after;
    done |= at.bit;
    takeOut(at);
    entry = head.next;
  }
  return true;
}

/** @returns what the register holds afterwards; `undefined` when the operation cannot have been told what it was told */
function step<Value>(held: Value, { action, returnedAt }: RegisterOperation<Value>): Value | undefined {
  switch (action.kind) {
    case 'read':
      return returnedAt === undefined || action.value === held ? held : undefined;
    case 'write':
      return action.value;
    case 'cas': {
      const succeeds = action.expected === held;
      if (returnedAt !== undefined && succeeds !== action.succeeded) return undefined;
      return succeeds ? action.value : held;
    }
  }
}

/**
 * Leaves out what is unknown and explains nothing: need not have happened, and no answer is easier to explain if it did. A
 * refused compare-and-set is explained by any other value.
 */
function withoutUnseen<Value>(history: readonly RegisterOperation<Value>[]): readonly RegisterOperation<Value>[] {
  const seen = new Set<Value>();
  for (const { action, returnedAt } of history) {
    if (action.kind === 'cas') {
      if (returnedAt !== undefined && !action.succeeded) return history;
      seen.add(action.expected);
    } else if (action.kind === 'read') seen.add(action.value);
  }
  return history.filter(({ action, returnedAt }) => returnedAt !== undefined || seen.has(action.value));
}

/** Calls and returns in the order of time. @returns an entry in front of the first */
function link<Value>(history: readonly RegisterOperation<Value>[]): Pick<Entry<Value>, 'next'> {
  const entries = history.flatMap((operation, i) => {
    const place = { operation, bit: 1n << BigInt(i), previous: undefined, next: undefined };
    const returned: Entry<Value> = { ...place, returned: undefined };
    const called: Entry<Value> = { ...place, returned };
    return [
      { at: operation.calledAt, isReturn: false, entry: called },
      { at: operation.returnedAt ?? Infinity, isReturn: true, entry: returned },
    ];
  });
  // Of the same moment: a call that comes first can only allow more, never less.
  entries.sort((a, b) => (a.at === b.at ? Number(a.isReturn) - Number(b.isReturn) : a.at - b.at));
  const head: Pick<Entry<Value>, 'next'> = { next: undefined };
  let previous = head as Entry<Value>;
  for (const { entry } of entries) {
    entry.previous = previous;
    previous.next = entry;
    previous = entry;
  }
  return head;
}

function takeOut<Value>(entry: Entry<Value>): void {
  for (const each of [entry, entry.returned as Entry<Value>]) {
    if (each.previous !== undefined) each.previous.next = each.next;
    if (each.next !== undefined) each.next.previous = each.previous;
  }
}

/** In the opposite order, so that each finds its neighbours as it left them. */
function putBack<Value>(entry: Entry<Value>): void {
  for (const each of [entry.returned as Entry<Value>, entry]) {
    if (each.previous !== undefined) each.previous.next = each;
    if (each.next !== undefined) each.next.previous = each;
  }
}

const MAX_VALUES = 16_384;

const names = new Map<string, string>();
const addresses = new Map<string, Uint8Array>();

/** The name in the one copy that everybody refers to: compared by identity, and hashed once. */
export function sharedName(name: string): string {
  return shared(names, name, name);
}

/** The address in the one copy that everybody refers to; nobody may change it. */
export function sharedAddress(address: Uint8Array): Uint8Array {
  return shared(addresses, String.fromCharCode(...address), address);
}

/** What is forgotten stays valid; it only is no longer the same object as what comes later. */
function shared<T>(values: Map<string, T>, key: string, value: T): T {
  const known = values.get(key);
  if (known !== undefined) return known;
  if (values.size >= MAX_VALUES) values.clear();
  values.set(key, value);
  return value;
}

/**
 * How durable engines write a row: `<createIndex>,<modifyIndex>;<value>`. A zero stands for "as the storage itself tells":
 * etcd knows at which revision a key was created and last changed.
 */
export interface RowEnvelope {
  readonly createIndex: number;
  readonly modifyIndex: number;
  readonly value: string;
}

export function packRow({ createIndex, modifyIndex, value }: RowEnvelope): string {
  return `${createIndex},${modifyIndex};${value}`;
}

/** @returns `undefined` for what {@link packRow} does not write */
export function unpackRow(text: string): RowEnvelope | undefined {
  const end = text.indexOf(';');
  const match = /^(\d{1,16}),(\d{1,16})$/.exec(text.slice(0, end));
  if (end < 0 || match === null) return undefined;
  return { createIndex: Number(match[1]), modifyIndex: Number(match[2]), value: text.slice(end + 1) };
}

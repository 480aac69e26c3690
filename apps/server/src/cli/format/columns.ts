// As Go counts runes: a terminal shows one column for nearly all of them.
const codePoints = (text: string): number => Array.from(text).length;

/**
 * Lays rows out in columns, each as wide as its widest cell, two blanks apart unless told otherwise. Nothing is padded at
 * the end of a row.
 */
export function formatColumns(rows: readonly (readonly string[])[], { separator = '  ' } = {}): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => codePoints(row[column] ?? ''))),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - codePoints(cell)),
        )
        .join(separator)
        .trimEnd(),
    )
    .join('\n');
}

/** `key = value` lines with the keys in one column. */
export function formatKeyValues(pairs: readonly (readonly [key: string, value: string])[]): string {
  return formatColumns(
    pairs.map(([key, value]) => [key, value]),
    { separator: ' = ' },
  );
}

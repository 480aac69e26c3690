/** What is needed of a source map; positions are 0-based. */
export interface SourceMapLookup {
  findEntry(line: number, column: number): object;
}

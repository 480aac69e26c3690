import { SteppeError } from '../errors/steppe-error.js';

/** A place in a source text; both count from 1, columns in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value as written. Numbers keep their text, so that nothing is lost before somebody asks for a type. */
export type HclValue =
  | { readonly kind: 'string'; readonly text: string; readonly at: Position }
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly at: Position }
  | { readonly kind: 'bool'; readonly value: boolean; readonly at: Position }
  | { readonly kind: 'null'; readonly at: Position }
  | { readonly kind: 'list'; readonly items: readonly HclValue[]; readonly at: Position }
  | HclObject;

export interface HclObject {
  readonly kind: 'object';
  /** In the order written; a key may occur more than once. */
  readonly entries: readonly HclEntry[];
  readonly at: Position;
}

/** `key = value`, or a block `key "label" … { … }`, whose value is an object. */
export interface HclEntry {
  readonly key: string;
  readonly labels: readonly string[];
  readonly value: HclValue;
  readonly at: Position;
}

/** The text is not HCL (version 1) or not JSON. Message: `At <line>:<column>: <problem>`. */
export interface HclSyntaxDetail {
  readonly code: 'HCL_SYNTAX';
  readonly at: Position;
  readonly problem: string;
}

export function syntaxError(at: Position, problem: string): SteppeError<HclSyntaxDetail> {
  return new SteppeError({ code: 'HCL_SYNTAX', at, problem }, `At ${at.line}:${at.column}: ${problem}`);
}

/** Largest source text, characters; deeper nesting than this is refused as well, so that no input can exhaust the stack. */
export const MAX_SOURCE_LENGTH = 8 * 1024 * 1024;
export const MAX_DEPTH = 100;

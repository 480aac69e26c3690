import type { CodeRanges, ParsedPattern, PatternNode } from './pattern-parser.js';

/** Steps of a program at most: with texts of 512 characters a search stays below half a million steps. */
const PROGRAM_MAX = 1000;

type Instruction =
  | { readonly op: 'set'; readonly ranges: CodeRanges; readonly negated: boolean }
  | { readonly op: 'assert'; readonly what: (PatternNode & { readonly kind: 'assert' })['what'] }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { readonly op: 'match' };

/**
 * A pattern as a program that is run over the text once, all possibilities side by side: the time is bounded by program
 * length times text length, whatever the pattern.
 */
export class PatternProgram {
  readonly #instructions: readonly Instruction[];
  readonly #ignoreCase: boolean;

  private constructor(instructions: readonly Instruction[], ignoreCase: boolean) {
    this.#instructions = instructions;
    this.#ignoreCase = ignoreCase;
  }

  /** `undefined` when the program would become too long. */
  static compile({ node, ignoreCase }: ParsedPattern): PatternProgram | undefined {
    const instructions: Instruction[] = [];
    if (!emit(node, instructions)) return undefined;
    instructions.push({ op: 'match' });
    return new PatternProgram(instructions, ignoreCase);
  }

  /** Whether the pattern matches anywhere in the text. */
  test(text: string): boolean {
    const points = Array.from(text, (character) => character.codePointAt(0) as number);
    let current: number[] = [];
    for (let at = 0; at <= points.length; at += 1) {
      const threads = this.#follow([...current, 0], points, at);
      if (threads === 'match') return true;
      current = [];
      const point = points[at];
      if (point === undefined) break;
      for (const index of threads) {
        const instruction = this.#instructions[index] as Instruction;
        if (instruction.op === 'set' && this.#accepts(instruction, point)) current.push(index + 1);
      }
    }
    return false;
  }

  /** Every instruction that waits for a character, reached from `starts` without one. */
  #follow(starts: readonly number[], points: readonly number[], at: number): readonly number[] | 'match' {
    const seen = new Uint8Array(this.#instructions.length);
    const waiting: number[] = [];
    const open = [...starts];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen[index] === 1) continue;
      seen[index] = 1;
      const instruction = this.#instructions[index] as Instruction;
      if (instruction.op === 'match') return 'match';
      if (instruction.op === 'set') waiting.push(index);
      else if (instruction.op === 'jump') open.push(instruction.to);
      else if (instruction.op === 'split') open.push(instruction.first, instruction.second);
      else if (holds(instruction.what, points, at)) open.push(index + 1);
    }
    return waiting;
  }

  #accepts({ ranges, negated }: { readonly ranges: CodeRanges; readonly negated: boolean }, point: number): boolean {
    const character = String.fromCodePoint(point);
    const variants = this.#ignoreCase
      ? [point, character.toLowerCase().codePointAt(0) as number, character.toUpperCase().codePointAt(0) as number]
      : [point];
    return variants.some((variant) => ranges.some(([low, high]) => low <= variant && variant <= high)) !== negated;
  }
}

/** Appends the program of `node`; false when there is no room. */
function emit(node: PatternNode, program: Instruction[]): boolean {
  if (program.length >= PROGRAM_MAX) return false;
  switch (node.kind) {
    case 'set':
      program.push({ op: 'set', ranges: node.ranges, negated: node.negated });
      return true;
    case 'assert':
      program.push({ op: 'assert', what: node.what });
      return true;
    case 'sequence':
      return node.parts.every((part) => emit(part, program));
    case 'choice':
      return emitChoice(node.options, program);
    case 'repeat':
      return emitRepeat(node, program);
  }
}

function emitChoice(options: readonly PatternNode[], program: Instruction[]): boolean {
  const exits: Extract<Instruction, { op: 'jump' }>[] = [];
  for (const [i, option] of options.entries()) {
    if (i === options.length - 1) {
      if (!emit(option, program)) return false;
      break;
    }
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    const exit = { op: 'jump' as const, to: 0 };
    program.push(split);
    if (!emit(option, program)) return false;
    program.push(exit);
    exits.push(exit);
    split.second = program.length;
  }
  for (const exit of exits) exit.to = program.length;
  return true;
}

function emitRepeat({ node, min, max }: PatternNode & { readonly kind: 'repeat' }, program: Instruction[]): boolean {
  // Each pass adds a step even for an empty piece, or `(){1000}` inside `{1000}` would spin here a million times.
  for (let i = 0; i < min; i += 1) {
    program.push({ op: 'jump', to: program.length + 1 });
    if (!emit(node, program)) return false;
  }
  if (max === Infinity) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    const start = program.length;
    program.push(split);
    if (!emit(node, program)) return false;
    program.push({ op: 'jump', to: start });
    split.second = program.length;
    return true;
  }
  const splits: Extract<Instruction, { op: 'split' }>[] = [];
  for (let i = min; i < max; i += 1) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    program.push(split);
    splits.push(split);
    if (!emit(node, program)) return false;
  }
  for (const split of splits) split.second = program.length;
  return true;
}

function holds(
  what: (PatternNode & { readonly kind: 'assert' })['what'],
  points: readonly number[],
  at: number,
): boolean {
  if (what === 'start') return at === 0;
  if (what === 'end') return at === points.length;
  return (isWord(points[at - 1]) !== isWord(points[at])) === (what === 'word-boundary');
}

function isWord(point: number | undefined): boolean {
  return point !== undefined && /^\w$/.test(String.fromCodePoint(point));
}

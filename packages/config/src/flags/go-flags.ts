import { goQuote, parseGoBool } from '@steppe/domain';
import { configError } from '../errors.js';

/** How a flag's values are read. `bool` needs no value; `strings` may be repeated; the others keep the last value. */
export type FlagKind = 'bool' | 'string' | 'strings' | 'int';

export interface FlagSpec {
  readonly kind: FlagKind;
  /** One line for the help text. */
  readonly usage: string;
}

export type FlagTable = Readonly<Record<string, FlagSpec>>;

type FlagValue<Spec> = Spec extends { readonly kind: 'bool' }
  ? boolean
  : Spec extends { readonly kind: 'strings' }
    ? readonly string[]
    : Spec extends { readonly kind: 'int' }
      ? number
      : string;

/** Only the flags that were given. */
export type FlagValues<Table extends FlagTable> = { readonly [Name in keyof Table]?: FlagValue<Table[Name]> };

export interface ParsedFlags<Table extends FlagTable> {
  readonly values: FlagValues<Table>;
  /** What follows the flags. */
  readonly args: readonly string[];
}

/**
 * Parses a command line as Go programs do: `-x`, `--x`, `-x=v` and `-x v` are flags up to the first argument that is none,
 * or up to `--`.
 * @throws FLAG_INVALID in Go's words
 */
export function parseGoFlags<const Table extends FlagTable>(args: readonly string[], table: Table): ParsedFlags<Table> {
  const values: Record<string, boolean | number | string | readonly string[]> = {};
  let at = 0;
  for (; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '--') {
      at += 1;
      break;
    }
    if (!/^--?[^-]/.test(argument)) break;
    const text = argument.replace(/^--?/, '');
    const mark = text.indexOf('=');
    const name = mark === -1 ? text : text.slice(0, mark);
    if (name === '') throw flagError(name, `bad flag syntax: ${argument}`);
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined) throw flagError(name, `flag provided but not defined: -${name}`);
    let value = mark === -1 ? undefined : text.slice(mark + 1);
    if (value === undefined && spec.kind !== 'bool') {
      at += 1;
      value = args[at];
      if (value === undefined) throw flagError(name, `flag needs an argument: -${name}`);
    }
    values[name] = parseValue(name, spec.kind, value, values[name]);
  }
  return { values: values as FlagValues<Table>, args: args.slice(at) };
}

function parseValue(
  name: string,
  kind: FlagKind,
  value: string | undefined,
  earlier: unknown,
): boolean | number | string | readonly string[] {
  switch (kind) {
    case 'bool': {
      const parsed = value === undefined ? true : parseGoBool(value);
      if (parsed === undefined)
        throw flagError(name, `invalid boolean value ${goQuote(value ?? '')} for -${name}: parse error`);
      return parsed;
    }
    case 'int': {
      if (!/^[+-]?\d{1,15}$/.test(value ?? ''))
        throw flagError(name, `invalid value ${goQuote(value ?? '')} for flag -${name}: parse error`);
      return Number(value);
    }
    case 'strings':
      return [...((earlier as readonly string[] | undefined) ?? []), value ?? ''];
    case 'string':
      return value ?? '';
  }
}

function flagError(flag: string, message: string): Error {
  return configError({ code: 'FLAG_INVALID', flag }, message);
}

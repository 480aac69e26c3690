import type { Secret } from '@steppe/domain';
import { Secret as SecretValue, parseByteSize, parseGoDuration } from '@steppe/domain';

/** A free-form setting, as JSON would hold it. */
export type FreeForm = null | boolean | number | string | readonly FreeForm[] | { readonly [key: string]: FreeForm };

/** What every kind of setting may say of itself. */
interface FieldBase {
  /** Name in `GET /v1/agent/self`; default derived from the key, `false` leaves it out. */
  readonly wire?: string | false;
  /** Whether a running agent takes over a new value. Default false: it needs a restart. */
  readonly reload?: boolean;
}

export interface StringField extends FieldBase {
  readonly kind: 'string';
  readonly default: string;
  /** The only values allowed, in lower case; any case is accepted. */
  readonly oneOf?: readonly string[];
  /** Free text that may hold a credential: shown redacted. */
  readonly secret?: boolean;
}
export interface SecretField extends FieldBase {
  readonly kind: 'secret';
}
/** Can only be switched on by a later source. */
export interface BoolField extends FieldBase {
  readonly kind: 'bool';
  readonly default: boolean;
}
/** Can be set either way by a later source. */
export interface NullableBoolField extends FieldBase {
  readonly kind: 'nullableBool';
  readonly default: boolean;
}
export interface IntField extends FieldBase {
  readonly kind: 'int';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Whether a later source may set zero over something else. Default false: zero counts as not set. */
  readonly zeroCounts?: boolean;
}
/** An integer whose zero is a value of its own: `undefined` until some source sets it. */
export interface NullableIntField extends FieldBase {
  readonly kind: 'nullableInt';
  readonly min: number;
  readonly max: number;
}
/** Milliseconds inside, a Go duration outside. */
export interface DurationField extends FieldBase {
  readonly kind: 'duration';
  readonly default: number;
  readonly min: number;
  /** The wire has the text rather than nanoseconds. */
  readonly wireText?: boolean;
  /** Start of the message for a text that is no duration; default `<key> can't parse time duration <text>`. */
  readonly parseError?: string;
  /** Whether a later source may set zero over something else. Default false: zero counts as not set. */
  readonly zeroCounts?: boolean;
}
/** Bytes inside, such as `1M` outside. */
export interface SizeField extends FieldBase {
  readonly kind: 'size';
  readonly default: number;
}
export interface StringsField extends FieldBase {
  readonly kind: 'strings';
  readonly default: readonly string[];
  readonly merge: 'append' | 'replace';
}
export interface StringMapField extends FieldBase {
  readonly kind: 'stringMap';
}
export interface FreeField extends FieldBase {
  readonly kind: 'free';
}
export interface BlockField<B extends Block = Block> extends FieldBase {
  readonly kind: 'block';
  readonly block: B;
  /** `settings`: each setting by its own rule. `whole`: a later block replaces the earlier one. */
  readonly merge: 'settings' | 'whole';
  /** What the block says by being there, for settings it does not mention; by TypeScript name. */
  readonly implied?: Readonly<Record<string, unknown>>;
}
/** Blocks told apart by their label or their `name`; a later one is merged onto the earlier of the same name. */
export interface NamedBlocksField<B extends Block = Block> extends FieldBase {
  readonly kind: 'namedBlocks';
  readonly block: B;
  /** Name of a block that gives none; when not empty, a block of that name is always there. */
  readonly defaultName: string;
}

export type Field =
  | StringField
  | SecretField
  | BoolField
  | NullableBoolField
  | IntField
  | NullableIntField
  | DurationField
  | SizeField
  | StringsField
  | StringMapField
  | FreeField
  | BlockField
  | NamedBlocksField;

/** The settings of a block by their key in the file. */
export interface Block {
  readonly [key: string]: Field;
}

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** Name of a setting in TypeScript: camel case, with the unit of durations and sizes. */
type FieldName<Key extends string, F> = F extends { readonly kind: 'duration' }
  ? `${Camel<Key>}Ms`
  : F extends { readonly kind: 'size' }
    ? `${Camel<Key>}Bytes`
    : Camel<Key>;

type FieldValue<F> = F extends StringField
  ? string
  : F extends SecretField
    ? Secret
    : F extends BoolField | NullableBoolField
      ? boolean
      : F extends NullableIntField
        ? number | undefined
        : F extends IntField | DurationField | SizeField
          ? number
          : F extends StringsField
            ? readonly string[]
            : F extends StringMapField
              ? Readonly<Record<string, string>>
              : F extends FreeField
                ? FreeForm
                : F extends BlockField<infer B>
                  ? ConfigOf<B>
                  : F extends NamedBlocksField<infer B>
                    ? readonly (ConfigOf<B> & { readonly name: string })[]
                    : never;

/** The TypeScript form of a block: what {@link Block} declares, with every default filled in. */
export type ConfigOf<B> = { readonly [Key in keyof B & string as FieldName<Key, B[Key]>]: FieldValue<B[Key]> };

export const string = (fallback = '', options: Omit<StringField, 'kind' | 'default'> = {}): StringField => ({
  kind: 'string',
  default: fallback,
  ...options,
});
export const secret = (options: FieldBase = {}): SecretField => ({ kind: 'secret', ...options });
export const bool = (options: FieldBase = {}): BoolField => ({ kind: 'bool', default: false, ...options });
export const nullableBool = (fallback: boolean, options: FieldBase = {}): NullableBoolField => ({
  kind: 'nullableBool',
  default: fallback,
  ...options,
});
export const int = (fallback = 0, options: Partial<Omit<IntField, 'kind' | 'default'>> = {}): IntField => ({
  kind: 'int',
  default: fallback,
  min: 0,
  max: 2 ** 53 - 1,
  ...options,
});
export const nullableInt = (options: Partial<Omit<NullableIntField, 'kind'>> = {}): NullableIntField => ({
  kind: 'nullableInt',
  min: 0,
  max: 2 ** 31 - 1,
  ...options,
});
export const duration = (
  fallback = '0s',
  options: Partial<Omit<DurationField, 'kind' | 'default'>> = {},
): DurationField => ({
  kind: 'duration',
  default: Number(parseGoDuration(fallback)) / 1e6,
  min: 0,
  ...options,
});
export const size = (fallback: string, options: FieldBase = {}): SizeField => ({
  kind: 'size',
  default: parseByteSize(fallback),
  ...options,
});
export const strings = (merge: 'append' | 'replace', options: Partial<StringsField> = {}): StringsField => ({
  kind: 'strings',
  default: [],
  merge,
  ...options,
});
export const stringMap = (options: FieldBase = {}): StringMapField => ({ kind: 'stringMap', ...options });
export const free = (options: FieldBase = {}): FreeField => ({ kind: 'free', ...options });
export const block = <B extends Block>(
  settings: B,
  options: Partial<Omit<BlockField<B>, 'kind' | 'block'>> = {},
): BlockField<B> => ({
  kind: 'block',
  block: settings,
  merge: 'settings',
  ...options,
});
export const namedBlocks = <B extends Block>(
  settings: B,
  options: Partial<Omit<NamedBlocksField<B>, 'kind' | 'block'>> = {},
): NamedBlocksField<B> => ({ kind: 'namedBlocks', block: settings, defaultName: '', ...options });

/** Name of a setting in TypeScript, as {@link ConfigOf} computes it. */
export function fieldName(key: string, field: Field): string {
  const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (field.kind === 'duration') return `${camel}Ms`;
  return field.kind === 'size' ? `${camel}Bytes` : camel;
}

/** The value a setting has when no source mentions it. */
function defaultOf(field: Field): unknown {
  switch (field.kind) {
    case 'secret':
      return new SecretValue('');
    case 'nullableInt':
      return undefined;
    case 'stringMap':
      return {};
    case 'free':
      return null;
    case 'block':
      return defaultsOf(field.block);
    case 'namedBlocks':
      return field.defaultName === '' ? [] : [{ ...defaultsOf(field.block), name: field.defaultName }];
    default:
      return field.default;
  }
}

/** A block with all its defaults. */
export function defaultsOf<B extends Block>(settings: B): ConfigOf<B> {
  const entries = Object.entries(settings).map(([key, field]) => [fieldName(key, field), defaultOf(field)]);
  return Object.fromEntries(entries) as ConfigOf<B>;
}

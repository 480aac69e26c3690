import { Secret } from '@steppe/domain';
import type { Block, Field, FreeForm, NamedBlocksField } from './field.js';
import { defaultsOf, fieldName } from './field.js';
import type { Layer, NamedLayer } from './layer.js';

/**
 * Lays a source onto what is known so far, each setting by the rule of its kind. `base` may be a full configuration or
 * another layer; settings the source does not mention stay.
 */
export function mergeLayers<T extends Layer>(base: T, layer: Layer, schema: Block): T {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, field] of Object.entries(schema)) {
    const name = fieldName(key, field);
    if (!(name in layer)) continue;
    merged[name] = mergeValue(base[name], layer[name], field);
  }
  return merged as T;
}

function mergeValue(base: unknown, value: unknown, field: Field): unknown {
  switch (field.kind) {
    case 'string':
      return value === '' && base !== undefined ? base : value;
    case 'secret':
      return value instanceof Secret && value.isEmpty && base !== undefined ? base : value;
    case 'bool':
      return base === true || value === true;
    case 'int':
    case 'duration':
      return value === 0 && field.zeroCounts !== true && base !== undefined ? base : value;
    case 'size':
      return value === 0 && base !== undefined ? base : value;
    case 'nullableBool':
    case 'nullableInt':
      return value;
    case 'strings':
      return mergeStrings(base as readonly string[] | undefined, value as readonly string[], field.merge);
    case 'stringMap':
      return { ...(base as object | undefined), ...(value as object) };
    case 'free':
      return mergeFree(base as FreeForm | undefined, value as FreeForm);
    case 'block':
      // A block that replaces the earlier one has its unset limits at zero, not at their defaults.
      return field.merge === 'whole'
        ? { ...zerosOf(field.block), ...(value as Layer) }
        : mergeLayers((base ?? {}) as Layer, value as Layer, field.block);
    case 'namedBlocks':
      return mergeNamed(base, value as readonly NamedLayer[], field);
  }
}

function mergeStrings(
  base: readonly string[] | undefined,
  value: readonly string[],
  rule: 'append' | 'replace',
): readonly string[] {
  if (rule === 'append') return [...(base ?? []), ...value];
  return value.length === 0 && base !== undefined ? base : value;
}

/** Maps are merged key by key; anything else replaces. */
function mergeFree(base: FreeForm | undefined, value: FreeForm): FreeForm {
  const isMap = (form: FreeForm | undefined): form is { readonly [key: string]: FreeForm } =>
    typeof form === 'object' && form !== null && !Array.isArray(form);
  return isMap(base) && isMap(value) ? { ...base, ...value } : value;
}

const zerosOf = (settings: Block): Layer =>
  Object.fromEntries(
    Object.entries(settings).map(([key, field]) => [
      fieldName(key, field),
      field.kind === 'nullableBool' || field.kind === 'bool' ? false : 0,
    ]),
  );

/**
 * In a layer, named blocks stay a list of what was said; in a configuration they are full blocks. The two differ by
 * whether `settings` is there.
 */
function mergeNamed(base: unknown, layers: readonly NamedLayer[], field: NamedBlocksField): unknown {
  const known = (base ?? []) as readonly (NamedLayer | (Layer & { readonly name: string }))[];
  if (base === undefined || known.some((item) => 'settings' in item)) return [...known, ...layers];
  const byName = new Map(known.map((item) => [item.name, item as Layer]));
  for (const { name, settings } of layers) {
    const before = byName.get(name) ?? { ...defaultsOf(field.block), name };
    byName.set(name, { ...mergeLayers(before, settings, field.block), name });
  }
  return [...byName.values()];
}

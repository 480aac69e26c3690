import type { FlagTable, FlagValues } from '@steppe/config';
import { encodeJson } from '@steppe/domain';
import { UsageError } from '../command.js';
import { renderGoTemplate } from '../format/go-template.js';

/** For commands that can print what they got instead of a table. */
export const OUTPUT_FLAGS = {
  json: { kind: 'bool', usage: 'print as JSON' },
  t: { kind: 'string', usage: 'print through a Go template' },
} as const satisfies FlagTable;

/**
 * The data as the flags want it; `undefined` when they want none of these forms.
 * @throws UsageError when they want both
 */
export function formatted({ json, t }: FlagValues<typeof OUTPUT_FLAGS>, data: unknown): string | undefined {
  if (json === true && t !== undefined) throw new UsageError('-json and -t cannot be used together');
  if (json === true) return encodeJson(data, { pretty: true });
  return t === undefined ? undefined : `${renderGoTemplate(t, data)}\n`;
}

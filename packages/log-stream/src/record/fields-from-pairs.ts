import type { LogFields } from '@steppe/runtime';

/** Key of a value that came without one. */
const EXTRA_VALUE_KEY = 'EXTRA_VALUE_AT_END';

/**
 * Fields from alternating keys and values, as loggers of the Go world are called. A last value without a key gets the key
 * `EXTRA_VALUE_AT_END`; of a key given twice the last value stays.
 */
export function fieldsFromPairs(...pairs: readonly unknown[]): LogFields {
  const fields: Record<string, unknown> = {};
  for (let i = 0; i < pairs.length; i += 2) {
    if (i + 1 === pairs.length) fields[EXTRA_VALUE_KEY] = pairs[i];
    else fields[String(pairs[i])] = pairs[i + 1];
  }
  return fields;
}

import { SteppeError } from '../errors/steppe-error.js';
import type { DomainErrorDetail } from '../errors/errors.js';

const POWER: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5 };

/**
 * Parses a size such as `1M`, `512KiB`, `10 MB` or `1048576`. Units are binary (`1K` = 1024), as in Nomad's configuration.
 * @returns bytes, an integer up to 2^53 - 1
 * @throws BYTE_SIZE_INVALID
 */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:I?B)?$/i.exec(text.trim());
  const power = POWER[match?.[2]?.toUpperCase() ?? ''];
  const bytes = match === null || power === undefined ? Number.NaN : Math.floor(Number(match[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) {
    throw new SteppeError<DomainErrorDetail>({ code: 'BYTE_SIZE_INVALID', text }, `can't parse byte size ${text}`);
  }
  return bytes;
}

import { isSteppeError } from '@steppe/domain';

/**
 * Writes many things as one change where the state engine can, and as several where that is too large for it.
 * @param write - writes some of them and tells the index of that
 * @returns index of the last write; 0 without any
 */
export async function inParts<T>(items: readonly T[], write: (part: readonly T[]) => Promise<number>): Promise<number> {
  if (items.length === 0) return 0;
  try {
    return await write(items);
  } catch (error) {
    if (items.length === 1 || !isSteppeError(error, 'STATE_TRANSACTION_TOO_LARGE')) throw error;
  }
  const half = Math.ceil(items.length / 2);
  await inParts(items.slice(0, half), write);
  return inParts(items.slice(half), write);
}

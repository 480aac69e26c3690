import { describe, expect, test } from '@jest/globals';
import { SteppeError } from '@steppe/domain';
import { inParts } from './in-parts.js';

const tooLarge = (): SteppeError => new SteppeError({ code: 'STATE_TRANSACTION_TOO_LARGE' }, 'too large');

function writer(most: number) {
  const written: number[][] = [];
  const write = async (part: readonly number[]): Promise<number> => {
    if (part.length > most) throw tooLarge();
    written.push([...part]);
    return written.length;
  };
  return { written, write };
}

describe('inParts', () => {
  test('writes at once what the engine takes at once', async () => {
    const { written, write } = writer(10);
    expect(await inParts([1, 2, 3], write)).toBe(1);
    expect(written).toEqual([[1, 2, 3]]);
  });

  test('writes in parts, in order, what it does not', async () => {
    const { written, write } = writer(2);
    expect(await inParts([1, 2, 3, 4, 5], write)).toBe(3);
    expect(written).toEqual([[1, 2], [3], [4, 5]]);
  });

  test('writes nothing when there is nothing', async () => {
    const { written, write } = writer(0);
    expect(await inParts([], write)).toBe(0);
    expect(written).toEqual([]);
  });

  test('fails for one that is too large by itself, and for any other reason', async () => {
    await expect(inParts([1, 2], writer(0).write)).rejects.toMatchObject({ code: 'STATE_TRANSACTION_TOO_LARGE' });
    const broken = () => Promise.reject(new Error('no disk'));
    await expect(inParts([1, 2], broken)).rejects.toThrow('no disk');
  });
});

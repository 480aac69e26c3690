import { describe, expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { errorMessage, isSteppeError, SteppeError } from './steppe-error.js';

describe('SteppeError', () => {
  const cause = new Error('disk full');
  const error = new SteppeError({ code: 'SAVE_FAILED', path: '/x' }, 'cannot save', { cause });

  test('is recognised by brand and code, not by class', () => {
    expect(isSteppeError(error)).toBe(true);
    expect(isSteppeError(error, 'SAVE_FAILED')).toBe(true);
    expect(isSteppeError(error, 'OTHER')).toBe(false);
    expect(isSteppeError(new Error('cannot save'))).toBe(false);
    expect(isSteppeError({ code: 'SAVE_FAILED', detail: { code: 'SAVE_FAILED' } })).toBe(false);
    expect(isSteppeError(null)).toBe(false);
  });

  test('keeps its data and its cause', () => {
    expect(error.detail).toEqual({ code: 'SAVE_FAILED', path: '/x' });
    expect(error.cause).toBe(cause);
  });
});

test.each([
  [new Error('a'), 'a'],
  ['b', 'b'],
  [runInNewContext('new Error("other realm")'), 'other realm'],
  [undefined, 'undefined'],
])('errorMessage of %p', (thrown, message) => expect(errorMessage(thrown)).toBe(message));

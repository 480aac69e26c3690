import { expect, test } from '@jest/globals';
import { collectByKey, inOrder } from './collect.js';

class Alpha {
  readonly key = 'a';
}
class Beta {
  readonly key = 'b';
  readonly order = -1;
}
class OtherAlpha {
  readonly key = 'a';
}

test('contributions are ordered by their order, then as bound', () => {
  const [alpha, beta, other] = [new Alpha(), new Beta(), new OtherAlpha()];
  expect(inOrder([alpha, beta, other])).toEqual([beta, alpha, other]);
});

test('two contributions with one key are refused, naming point, key and both', () => {
  expect(() => collectByKey('Ranker', [new Alpha(), new Beta(), new OtherAlpha()], ({ key }) => key)).toThrow(
    'two contributions to Ranker share the key "a": Alpha and OtherAlpha',
  );
});

test('no contributions at all work', () => {
  expect(collectByKey('Ranker', [], String).size).toBe(0);
});

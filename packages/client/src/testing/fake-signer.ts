import type { Allocation, SignedIdentity } from '@steppe/domain';

/** Signs what it is asked to, unless it fails. */
export class FakeSigner {
  readonly asked: string[] = [];
  failure: string | undefined;
  #signed = 0;

  readonly sign = async (
    _allocation: Allocation,
    names: readonly Omit<SignedIdentity, 'token'>[],
  ): Promise<readonly SignedIdentity[]> => {
    this.asked.push(...names.map(({ task, identity }) => `${task}/${identity}`));
    if (this.failure !== undefined) throw new Error(this.failure);
    this.#signed += 1;
    return names.map((name) => ({ ...name, token: `renewed-${this.#signed}` }));
  };
}

import type { HttpErrorMapper as HttpErrorMapperType, HttpFailure } from '@steppe/agent';
import { DefaultHttpErrorMapper, HttpErrorMapper } from '@steppe/agent/di';
import { ContainerModule } from 'inversify';

/** Counts failures by status, and leaves the answer to the mapper it wraps. */
class CountingErrorMapper implements HttpErrorMapperType {
  readonly #inner: HttpErrorMapperType;
  readonly #counts: Map<number, number>;

  constructor(inner: HttpErrorMapperType, counts: Map<number, number>) {
    this.#inner = inner;
    this.#counts = counts;
  }

  map(error: unknown): HttpFailure {
    const failure = this.#inner.map(error);
    this.#counts.set(failure.status, (this.#counts.get(failure.status) ?? 0) + 1);
    return failure;
  }
}

export const countFailuresModule = (counts: Map<number, number>): ContainerModule =>
  new ContainerModule(({ rebind }) => {
    rebind(HttpErrorMapper).toResolvedValue(
      (inner: HttpErrorMapper) => new CountingErrorMapper(inner, counts),
      [DefaultHttpErrorMapper],
    );
  });

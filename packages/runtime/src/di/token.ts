import type { ServiceIdentifier } from 'inversify';

/**
 * Makes a typed service identifier. The symbol is global, so duplicate installs of a package still meet.
 * @param id - `@steppe/<package>/<Name>`; shown in the container's error messages
 */
export function token<T>(id: string): ServiceIdentifier<T> {
  return Symbol.for(id);
}

import { apiError } from '../http/api-error.js';

/** All contributions to a point; none is fine. */
export const many = <T>(serviceIdentifier: T) => ({ serviceIdentifier, isMultiple: true }) as const;

/** A service that is only there with its role; `undefined` without. */
export const maybe = <T>(serviceIdentifier: T) => ({ serviceIdentifier, optional: true }) as const;

/** The part of a role, on routes that are only reached when the agent has that role. */
export const ofRole =
  <T>(part: T | undefined) =>
  (): T => {
    if (part === undefined) throw apiError('ROLE_MISSING');
    return part;
  };

/** All contributions to a point; none is fine. */
export const many = <T>(serviceIdentifier: T) => ({ serviceIdentifier, isMultiple: true }) as const;

/** A service that is only there with its role; `undefined` without. */
export const maybe = <T>(serviceIdentifier: T) => ({ serviceIdentifier, optional: true }) as const;

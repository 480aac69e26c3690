/** A version of any number of parts, such as `1.2`, `v1.2.3.4-beta.1`. */
export interface Version {
  readonly segments: readonly number[];
  /** Empty for a release. */
  readonly prerelease: readonly string[];
}

const LOOSE =
  /^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z~-]+(?:\.[0-9A-Za-z~-]+)*)|([A-Za-z~][0-9A-Za-z~-]*(?:\.[0-9A-Za-z~-]+)*))?(?:\+[0-9A-Za-z.~-]+)?$/;
const STRICT =
  /^((?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z.-]+)?$/;
const MAX_LENGTH = 256;

/** @param strict - only semantic versions, of three parts and without a `v` */
export function parseVersion(text: string, { strict }: { readonly strict: boolean }): Version | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, numbers, dashed, attached] = (strict ? STRICT : LOOSE).exec(text.trim()) ?? [];
  if (numbers === undefined) return undefined;
  const segments = numbers.split('.').map(Number);
  while (segments.length < 3) segments.push(0);
  return { segments, prerelease: (dashed ?? attached)?.split('.') ?? [] };
}

/** Below 0 when `a` is the older one. A release is newer than what leads to it. */
function compareVersions(a: Version, b: Version): number {
  return compareSegments(a, b) || comparePrereleases(a.prerelease, b.prerelease);
}

function compareSegments(a: Version, b: Version): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a.segments[i] ?? 0) - (b.segments[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [left, right] = [a[i], b[i]];
    if (left === right) continue;
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftIsNumber && rightIsNumber) return Number(left) - Number(right);
    if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

/** Whether a version is within a range, such as `>= 1.2, < 2`. */
export type VersionRange = (version: Version) => boolean;

/**
 * Reads a range: conditions with `=`, `!=`, `>`, `<`, `>=`, `<=` or `~>` (the last part may be newer), joined by commas.
 * Without `strict`, a version that leads to a release is only in ranges that speak of versions leading to that same release.
 * @returns `undefined` for a text that is no range
 */
export function parseVersionRange(text: string, { strict }: { readonly strict: boolean }): VersionRange | undefined {
  const conditions = text.split(',').map((part) => parseCondition(part.trim(), strict));
  if (conditions.includes(undefined)) return undefined;
  return (version) => conditions.every((condition) => condition?.(version) === true);
}

function parseCondition(text: string, strict: boolean): VersionRange | undefined {
  const [, operator = '', rest = ''] = /^(=|!=|>=|<=|>|<|~>)?\s*(\S+)$/.exec(text) ?? [];
  const bound = parseVersion(rest, { strict });
  if (bound === undefined) return undefined;
  const isComparable = (version: Version): boolean => strict || isWithinRelease(version, bound);
  switch (operator) {
    case '!=':
      return (version) => compareVersions(version, bound) !== 0;
    case '>':
      return (version) => isComparable(version) && compareVersions(version, bound) > 0;
    case '<':
      return (version) => isComparable(version) && compareVersions(version, bound) < 0;
    case '>=':
      return (version) => isComparable(version) && compareVersions(version, bound) >= 0;
    case '<=':
      return (version) => isComparable(version) && compareVersions(version, bound) <= 0;
    case '~>':
      return (version) => isComparable(version) && isPessimistic(version, bound, rest);
    default:
      return (version) => compareVersions(version, bound) === 0;
  }
}

function isWithinRelease(version: Version, bound: Version): boolean {
  if (version.prerelease.length === 0) return true;
  return bound.prerelease.length > 0 && compareSegments(version, bound) === 0;
}

/** All parts but the last that was written are the same, and that one is not older. */
function isPessimistic(version: Version, bound: Version, text: string): boolean {
  const written = /^v?(\d+(?:\.\d+)*)/.exec(text)?.[1]?.split('.').length ?? 1;
  const fixed = Math.max(1, written - 1);
  const isSame = bound.segments.slice(0, fixed).every((segment, i) => version.segments[i] === segment);
  return (written === 1 || isSame) && compareVersions(version, bound) >= 0;
}

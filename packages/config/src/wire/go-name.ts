/** Words that Go writes in capitals. */
const INITIALISMS = new Set([
  'acl',
  'api',
  'ca',
  'cidr',
  'cni',
  'csi',
  'gc',
  'http',
  'https',
  'id',
  'mb',
  'oidc',
  'rpc',
  'tls',
  'ttl',
  'ui',
  'url',
  'uuid',
]);

/** The Go field name of a configuration key: `job_gc_interval` is `JobGCInterval`. */
export function goName(key: string): string {
  return key
    .split('_')
    .map((word) => (INITIALISMS.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
}

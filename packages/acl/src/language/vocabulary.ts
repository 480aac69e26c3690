/** Words that a `capabilities` list of each kind of rule may hold; anything else is an error. */
const COARSE = [
  'deny',
  'list-jobs',
  'parse-job',
  'read-job',
  'submit-job',
  'dispatch-job',
  'read-logs',
  'read-fs',
  'alloc-exec',
  'alloc-node-exec',
  'alloc-lifecycle',
  'csi-register-plugin',
  'csi-write-volume',
  'csi-read-volume',
  'csi-list-volume',
  'csi-mount-volume',
  'host-volume-create',
  'host-volume-register',
  'host-volume-read',
  'host-volume-write',
  'host-volume-delete',
  'list-scaling-policies',
  'read-scaling-policy',
  'read-job-scaling',
  'scale-job',
];
const FINE = [
  'register-job',
  'revert-job',
  'deregister-job',
  'purge-job',
  'evaluate-job',
  'plan-job',
  'tag-job-version',
  'stable-job',
  'fail-deployment',
  'pause-deployment',
  'promote-deployment',
  'unblock-deployment',
  'cancel-deployment',
  'set-alloc-health-deployment',
  'gc-allocation',
  'pause-allocation',
  'force-periodic-job',
  'delete-service-registration',
];
/** Words of the enterprise edition that every edition accepts. */
const ENTERPRISE = ['sentinel-override', 'submit-recommendation'];

export const NAMESPACE_CAPABILITIES: ReadonlySet<string> = new Set([...COARSE, ...FINE, ...ENTERPRISE]);
export const VARIABLE_CAPABILITIES: ReadonlySet<string> = new Set(['list', 'read', 'write', 'destroy', 'deny']);
export const NODE_POOL_CAPABILITIES: ReadonlySet<string> = new Set(['delete', 'deny', 'read', 'write']);
export const HOST_VOLUME_CAPABILITIES: ReadonlySet<string> = new Set(['deny', 'mount-readonly', 'mount-readwrite']);
export const OPERATOR_CAPABILITIES: ReadonlySet<string> = new Set([
  'deny',
  'snapshot-save',
  'license-read',
  'keyring-rotate',
  'keyring-read',
  'keyring-delete',
]);
export const SENTINEL_CAPABILITIES: ReadonlySet<string> = new Set([
  'deny',
  'sentinel-read',
  'sentinel-submit',
  'sentinel-delete',
]);

/** Policy words of most kinds. `scale` means something for namespaces only, and is accepted everywhere. */
export const LEVEL_WORDS: ReadonlySet<string> = new Set(['deny', 'read', 'write', 'scale']);
export const PLUGIN_WORDS: ReadonlySet<string> = new Set(['deny', 'read', 'write', 'list']);

type Shorthands = Readonly<Record<string, readonly string[]>>;

const NAMESPACE_READ = [
  'list-jobs',
  'parse-job',
  'read-job',
  'csi-list-volume',
  'csi-read-volume',
  'read-job-scaling',
  'list-scaling-policies',
  'read-scaling-policy',
  'host-volume-read',
];

/** What a policy word stands for, in the order the API shows. */
export const NAMESPACE_SHORTHANDS: Shorthands = {
  deny: ['deny'],
  read: NAMESPACE_READ,
  write: [
    ...NAMESPACE_READ,
    'scale-job',
    'submit-job',
    'dispatch-job',
    'read-logs',
    'read-fs',
    'alloc-exec',
    'alloc-lifecycle',
    'csi-mount-volume',
    'csi-write-volume',
    'submit-recommendation',
    'host-volume-create',
  ],
  scale: [
    'list-scaling-policies',
    'read-scaling-policy',
    'read-job-scaling',
    'scale-job',
    'read-job',
    'submit-recommendation',
  ],
};
export const NODE_POOL_SHORTHANDS: Shorthands = { deny: ['deny'], read: ['read'], write: ['delete', 'read', 'write'] };
export const HOST_VOLUME_SHORTHANDS: Shorthands = {
  deny: ['deny'],
  read: ['mount-readonly'],
  write: ['mount-readonly', 'mount-readwrite'],
};
export const OPERATOR_SHORTHANDS: Shorthands = {
  deny: ['deny'],
  read: ['license-read', 'keyring-read'],
  write: ['snapshot-save', 'license-read', 'keyring-rotate', 'keyring-read', 'keyring-delete'],
};
export const SENTINEL_SHORTHANDS: Shorthands = {
  deny: ['deny'],
  read: ['sentinel-read'],
  write: ['sentinel-read', 'sentinel-submit', 'sentinel-delete'],
};

/** Namespace words that bring others with them; the lists are closed, so one pass is enough. */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map([
  ['host-volume-write', ['host-volume-register', 'host-volume-create', 'host-volume-delete', 'host-volume-read']],
  ['host-volume-register', ['host-volume-create', 'host-volume-read']],
  ['host-volume-create', ['host-volume-read']],
]);

/** The words listed, then those the policy word stands for; `undefined` when there is neither. */
export function expandShorthand(
  word: string,
  listed: readonly string[] | undefined,
  shorthands: Shorthands,
): readonly string[] | undefined {
  const added = Object.hasOwn(shorthands, word) ? shorthands[word] : undefined;
  if (added === undefined) return listed;
  // Rules that list nothing share one array, by which the compiled form shares one set.
  return listed === undefined ? added : [...listed, ...added];
}

/** Adds what words of a namespace imply and is not there yet; the same list when that is nothing. */
export function addImplied(words: readonly string[] | undefined): readonly string[] | undefined {
  if (words?.some((word) => IMPLIED.has(word)) !== true) return words;
  const all = new Set(words);
  const missing = new Set(words.flatMap((word) => IMPLIED.get(word) ?? []).filter((word) => !all.has(word)));
  return [...words, ...missing];
}

/** `deny` stands alone; `read` includes `list`. */
export function expandVariableCapabilities(words: readonly string[] | undefined): readonly string[] | undefined {
  if (words?.includes('deny') === true) return ['deny'];
  return words?.includes('read') === true && !words.includes('list') ? [...words, 'list'] : words;
}

import { logStreamError } from '../errors.js';

const MAX_BYTES = 255;
/** One of these must be part of the name, so that the route cannot be used to read any other service's journal. */
// Differs from Nomad: a unit named after this agent is as good as one named after Nomad.
const OWN_NAMES = ['nomad', 'steppe'];
const UNIT_TYPES = new Set([
  'service',
  'socket',
  'device',
  'mount',
  'automount',
  'swap',
  'target',
  'path',
  'timer',
  'slice',
  'scope',
]);
const PREFIX = /^[A-Za-z0-9_\\.-]*(@[A-Za-z0-9_\\.-]+)?$/;

/**
 * Checks that a name can be a systemd unit of this agent, such as `nomad`, `nomad@x` or `nomad.service`.
 * @throws SERVICE_NAME_INVALID
 */
export function validateServiceName(name: string): void {
  const reason = objection(name);
  if (reason !== undefined) throw logStreamError({ code: 'SERVICE_NAME_INVALID', serviceName: name }, reason);
}

function objection(name: string): string | undefined {
  if (Buffer.byteLength(name) > MAX_BYTES) return 'service name too long';
  // Nomad: the closing quote is missing there as well.
  if (!OWN_NAMES.some((own) => name.includes(own))) return "service name must include 'nomad";
  const parts = name.split('.');
  const type = parts.length > 1 ? parts.pop() : undefined;
  if (type !== undefined && !UNIT_TYPES.has(type)) return 'invalid suffix';
  // Nomad: the parts in front are joined without their dots.
  const prefix = parts.join('');
  return PREFIX.test(prefix) ? undefined : `${prefix} does not meet systemd conventions`;
}

import { isSecretName, REDACTED, redactUrlCredentials } from '@steppe/domain';

/** Names the reference hides although nothing in them says so. */
const NAMED = new Set([
  'CONSUL_TOKEN',
  'CONSUL_HTTP_TOKEN',
  'CONSUL_HTTP_TOKEN_FILE',
  'NOMAD_TOKEN',
  'VAULT_TOKEN',
  'CONSUL_LICENSE',
  'NOMAD_LICENSE',
  'VAULT_LICENSE',
  'CONSUL_LICENSE_PATH',
  'NOMAD_LICENSE_PATH',
  'VAULT_LICENSE_PATH',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_METADATA_URL',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_OAUTH_ACCESS_TOKEN',
]);

/**
 * The environment as it may be shown: names stay, secrets go, empty ones included.
 * Differs from Nomad: names that say password, key or credential are hidden too, and so are credentials inside URLs.
 */
export function redactEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined) shown[name] = isHidden(name) ? REDACTED : redactUrlCredentials(value);
  }
  return shown;
}

const isHidden = (name: string): boolean =>
  /TOKEN|SECRET/.test(name.toUpperCase()) || NAMED.has(name) || isSecretName(name);

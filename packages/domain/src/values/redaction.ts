import { REDACTED } from './secret.js';

/**
 * Whether a name says that its value is a secret: it contains token, secret, password, passphrase, credential or private
 * key in any case, or ends in `key` as a word of its own (`API_KEY`, `encryption-key`).
 */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  return (
    /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY/.test(words) ||
    /(^|[^A-Z0-9])(API|ACCESS|ENCRYPTION|SIGNING)?KEY$/.test(words)
  );
}

const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@]*)@/gi;

/** Replaces the credentials of every URL in a text: `postgres://user:pw@host/db` keeps everything but `user:pw`. */
export function redactUrlCredentials(text: string): string {
  // Nearly no text has one, and the search for it is cheaper than the replacement.
  return text.includes('://') && text.includes('@') ? text.replace(USER_INFO, `$1${REDACTED}@`) : text;
}

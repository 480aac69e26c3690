import type { TlsOptions } from 'node:tls';
import { SteppeError } from '@steppe/domain';
import { readFile } from 'node:fs/promises';

/** The TLS side of the HTTP listener, as configured. */
export interface TlsSettings {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Demand a client certificate signed by the CA; its name is not checked. */
  readonly verifyClient: boolean;
  /** `tls10` … `tls13`. */
  readonly minVersion: string;
  /** OpenSSL cipher list, empty for the default. */
  readonly cipherSuites: string;
}

const VERSIONS: Readonly<Record<string, NonNullable<TlsOptions['minVersion']>>> = {
  tls10: 'TLSv1',
  tls11: 'TLSv1.1',
  tls12: 'TLSv1.2',
  tls13: 'TLSv1.3',
};

/** Reads the files behind the settings. @throws TLS_FILE_UNREADABLE naming setting and path */
export async function loadTlsOptions(settings: TlsSettings): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([
    read('tls.ca_file', settings.caFile),
    read('tls.cert_file', settings.certFile),
    read('tls.key_file', settings.keyFile),
  ]);
  if (cert === undefined || key === undefined) {
    throw new SteppeError(
      { code: 'TLS_FILE_UNREADABLE' },
      'tls.cert_file and tls.key_file are needed when tls.http is on',
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    cert,
    key,
    minVersion: VERSIONS[settings.minVersion] ?? 'TLSv1.2',
    ...(settings.cipherSuites === '' ? {} : { ciphers: settings.cipherSuites.split(',').join(':') }),
    requestCert: settings.verifyClient,
    rejectUnauthorized: settings.verifyClient,
    ALPNProtocols: ['http/1.1'],
  };
}

async function read(setting: string, path: string): Promise<Buffer | undefined> {
  if (path === '') return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new SteppeError({ code: 'TLS_FILE_UNREADABLE' }, `${setting}: cannot read ${path}`, { cause: error });
  }
}

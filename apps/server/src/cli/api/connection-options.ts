import { parseGoBool } from '@steppe/domain';

/** How to reach an agent and as whom. */
export interface ConnectionOptions {
  /** `http://`, `https://` or `unix://` URL. */
  readonly address: string;
  readonly token: string;
  readonly region: string;
  readonly namespace: string;
  readonly caCert: string;
  readonly caPath: string;
  readonly clientCert: string;
  readonly clientKey: string;
  readonly tlsServerName: string;
  readonly tlsSkipVerify: boolean;
  /** `user:password` of HTTP basic authentication. */
  readonly httpAuth: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ADDRESS = 'http://127.0.0.1:4646';

/** `STEPPE_<name>`, else `NOMAD_<name>`, else empty. */
function clientVariable(environment: Environment, name: string): string {
  return environment[`STEPPE_${name}`] ?? environment[`NOMAD_${name}`] ?? '';
}

/** Connection options from flags, then variables, then defaults. @throws an `Error` naming a variable that is no boolean */
export function connectionOptions(flags: Partial<ConnectionOptions>, environment: Environment): ConnectionOptions {
  const pick = (flag: string | undefined, name: string): string =>
    flag === undefined || flag === '' ? clientVariable(environment, name) : flag;
  const address = pick(flags.address, 'ADDR');
  return {
    address: address === '' ? DEFAULT_ADDRESS : address,
    token: pick(flags.token, 'TOKEN'),
    region: pick(flags.region, 'REGION'),
    namespace: pick(flags.namespace, 'NAMESPACE'),
    caCert: pick(flags.caCert, 'CACERT'),
    caPath: pick(flags.caPath, 'CAPATH'),
    clientCert: pick(flags.clientCert, 'CLIENT_CERT'),
    clientKey: pick(flags.clientKey, 'CLIENT_KEY'),
    tlsServerName: pick(flags.tlsServerName, 'TLS_SERVER_NAME'),
    tlsSkipVerify: flags.tlsSkipVerify === true || skipVerify(environment),
    httpAuth: clientVariable(environment, 'HTTP_AUTH'),
  };
}

function skipVerify(environment: Environment): boolean {
  const text = clientVariable(environment, 'SKIP_VERIFY');
  const value = text === '' ? false : parseGoBool(text);
  if (value === undefined) throw new Error(`NOMAD_SKIP_VERIFY must be a boolean, got "${text}"`);
  return value;
}

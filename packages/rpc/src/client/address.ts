/** @param address - `host:port`, IPv6 in brackets */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  return { host: bracketed ?? plain ?? '', port: Number(port) };
}

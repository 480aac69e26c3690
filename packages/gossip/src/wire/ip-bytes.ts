/** Whether these can be the bytes of an IP address. */
export function isIpBytes(bytes: Uint8Array): boolean {
  return bytes.length === 4 || bytes.length === 16;
}

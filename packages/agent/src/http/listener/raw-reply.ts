/** A whole reply as bytes, for connections that never reach the HTTP server. The connection closes after it. */
export function refusalBytes(status: string, contentType: string, body: string, headers = ''): string {
  const length = Buffer.byteLength(body);
  const type = contentType === '' ? '' : `Content-Type: ${contentType}\r\n`;
  return `HTTP/1.1 ${status}\r\n${type}${headers}Content-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;
}

/** A piece of a stream. A frame without data, event and offset is a heartbeat: proof of life. */
export interface StreamFrame {
  readonly data: Uint8Array;
  /** `log` on live streams, empty on exports. */
  readonly fileEvent: string;
  /** Bytes within the present burst (live) or read so far (export); 0 is not sent. Not a position to resume from. */
  readonly offset: number;
}

/** An empty object, sent once a second. */
export const HEARTBEAT: Uint8Array = Buffer.from('{}');

/**
 * The bytes of a frame. Frames follow one another with nothing between them: not even a line feed, which existing readers
 * stumble over. Written by hand because key order, omitted zeros and base64 are the contract.
 */
export function encodeFrame({ data, fileEvent, offset }: StreamFrame): Uint8Array {
  const members: string[] = [];
  if (data.length > 0) {
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    members.push(`"Data":"${base64}"`);
  }
  if (fileEvent !== '') members.push(`"FileEvent":"${fileEvent}"`);
  if (offset !== 0) members.push(`"Offset":${offset}`);
  return Buffer.from(`{${members.join(',')}}`, 'latin1');
}

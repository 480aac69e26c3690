import { errorMessage } from '@steppe/domain';
import { FrameReader } from '@steppe/log-stream';
import type { Download } from '../api/api-client.js';

/** @returns how many bytes the frames held. @throws an `Error` with what to tell the user when the body is no frames to its end */
export async function copyPayloads({ body }: Download, write: (bytes: Uint8Array) => Promise<void>): Promise<number> {
  const reader = new FrameReader();
  let count = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const payload = Buffer.concat(reader.push(chunk).map(({ data }) => data));
      count += payload.length;
      if (payload.length > 0) await write(payload);
    }
    reader.end();
  } catch (error) {
    throw new Error(`error monitoring logs: ${errorMessage(error)}`, { cause: error });
  }
  return count;
}

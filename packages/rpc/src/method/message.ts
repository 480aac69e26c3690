import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Readable } from 'node:stream';
import { rpcError } from '../errors.js';

/** Largest request or reply, bytes; checked while reading, before anything is decoded. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** What a stream that ends without an error of its own is reported as. */
export const CONNECTION_CLOSED = 'connection closed';

/** A failed call on the wire. */
export interface FailureWire {
  readonly code: string;
  readonly message: string;
}

/**
 * Reads a whole message. Past the limit it rejects at once and drops what still comes; the stream itself stays usable,
 * so that the refusal can be answered.
 * @throws RPC_MESSAGE_TOO_LARGE, RPC_MESSAGE_INVALID, or what the stream fails with
 */
export function readMessage(stream: Readable, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_MESSAGE_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks = [];
      reject(
        rpcError(
          { code: 'RPC_MESSAGE_TOO_LARGE', method, limitBytes: MAX_MESSAGE_BYTES },
          `message of ${method} is larger than ${MAX_MESSAGE_BYTES} bytes`,
        ),
      );
    });
    stream.once('error', reject);
    stream.once('close', () => reject(new Error(CONNECTION_CLOSED)));
    stream.once('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      } catch (error) {
        reject(rpcError({ code: 'RPC_MESSAGE_INVALID', method }, `message of ${method} is not valid JSON`, error));
      }
    });
  });
}

export function encodeFailure(error: unknown): FailureWire {
  return {
    code: isSteppeError(error) ? error.code : 'INTERNAL',
    message: errorMessage(error),
  };
}

export function isFailure(value: unknown): value is FailureWire {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message } = value as Partial<FailureWire>;
  return typeof code === 'string' && typeof message === 'string';
}

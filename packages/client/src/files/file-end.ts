import type { FileHandle } from 'node:fs/promises';

/** As much as Nomad has in one frame. */
const READ_BYTES = 64 * 1024;

/** The bytes of a file from `offset` to where it ends when the reader gets there. */
export async function* endOfFile(file: FileHandle, offset: number): AsyncGenerator<Buffer, void> {
  for (let position = offset; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

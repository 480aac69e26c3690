import { randomBytes, randomUUID } from 'node:crypto';

/** The only source of chance below the apps, so that a simulated run replays from its seed. Not for key material. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A random UUID (version 4). */
  uuid(): string;
}

export class SystemRandom implements Random {
  next(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
  }

  uuid(): string {
    return randomUUID();
  }
}

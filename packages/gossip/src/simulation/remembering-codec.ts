import { PacketCodec } from '../wire/packet-codec.js';
import type { DecodedPacket } from '../wire/packet-codec.js';

/**
 * The codec of many members that all have the same wire options. Remembers what it took apart last: a datagram that went to
 * several members reaches them one after the other, as the same bytes in memory, and must say the same to each.
 */
export class RememberingCodec extends PacketCodec {
  #datagram: Uint8Array | undefined;
  #decoded: DecodedPacket | undefined;

  override decode(datagram: Uint8Array): DecodedPacket {
    if (this.#decoded === undefined || this.#datagram !== datagram) {
      this.#decoded = super.decode(datagram);
      this.#datagram = datagram;
    }
    return this.#decoded;
  }
}

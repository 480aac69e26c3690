import { COMPOUND_OVERHEAD_BYTES, PART_OVERHEAD_BYTES } from '../wire/compound.js';
import { decodePacketMessage } from '../wire/memberlist-codec.js';
import type { PacketMessage } from '../wire/memberlist-message.js';
import { PacketCodec } from '../wire/packet-codec.js';
import type { DecodedPacket } from '../wire/packet-codec.js';

/** Bytes of messages up to which a datagram is really made. Beyond that one of {@link SAMPLE} is. */
const SMALL_BYTES = 256;
const SAMPLE = 16;

/** What large datagrams are made of that are not really made. */
const BLANK = new Uint8Array(65_536);

/** Bytes of a message, with what they say once somebody asked. */
interface Part extends Uint8Array {
  message?: PacketMessage;
}

/** A datagram with what was put into it. */
interface Parcel extends Uint8Array {
  content?: DecodedPacket;
}

/**
 * The codec of many members that all have the same wire options, and no keys. Reading a datagram of one of them gives the
 * messages that were put into it: the same that taking it apart gives, without the work. A large datagram is no more than its
 * length, which is exact for one in sixteen and for the others what the last such one was compressed to, in proportion.
 */
export class HandOverCodec extends PacketCodec {
  #large = 0;
  /** Of the last large datagram that was made. */
  #bytesPerByte = 1;

  override encode(
    parts: readonly Uint8Array[],
    options: { readonly checksum: boolean; readonly userFrom?: number },
  ): Uint8Array {
    const { userFrom = parts.length } = options;
    const messages: PacketMessage[] = [];
    let length = COMPOUND_OVERHEAD_BYTES;
    for (let i = 0; i < parts.length; i += 1) {
      const part = parts[i] as Part;
      const message = part.message ?? readPart(part, i >= userFrom);
      // Only what is no message, which members do not send.
      if (message === undefined) return super.encode(parts, options);
      messages.push(message);
      length += PART_OVERHEAD_BYTES + part.length;
    }
    const parcel: Parcel =
      length > SMALL_BYTES ? this.#encodeLarge(parts, options, length) : super.encode(parts, options);
    parcel.content = { messages, rejected: [] };
    return parcel;
  }

  override decode(datagram: Parcel): DecodedPacket {
    return datagram.content ?? super.decode(datagram);
  }

  #encodeLarge(
    parts: readonly Uint8Array[],
    options: { readonly checksum: boolean; readonly userFrom?: number },
    length: number,
  ): Uint8Array {
    this.#large += 1;
    if (this.#large % SAMPLE === 1) {
      const datagram = super.encode(parts, options);
      this.#bytesPerByte = datagram.length / length;
      return datagram;
    }
    return BLANK.subarray(0, Math.min(BLANK.length, Math.round(length * this.#bytesPerByte)));
  }
}

/** @returns nothing for what is no message */
function readPart(part: Part, isPayload: boolean): PacketMessage | undefined {
  const message = isPayload ? ({ type: 'user', payload: part } as const) : decodePacketMessage(part);
  if (message.type === 'rejected') return undefined;
  part.message = message;
  return message;
}

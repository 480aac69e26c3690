// Messages encoded and decoded per second, against general MessagePack libraries on the same values.
import { decode as decodeMsgpack, encode as encodeMsgpack } from '@msgpack/msgpack';
import type { PacketMessage, StreamMessage } from '@steppe/gossip';
import {
  decodePacketMessage,
  encodePacketMessage,
  encodeStreamMessage,
  NOMAD_VERSIONS,
  StreamCodec,
} from '@steppe/gossip';
import { Packr } from 'msgpackr';
import { table } from './statistics.js';

const WINDOW_MS = 300;
const ROUNDS = 5;

/** Runs in turn, round by round; the best of each, operations per second. */
function rates(tasks: readonly (() => unknown)[]): readonly number[] {
  const best = tasks.map(() => 0);
  for (let round = 0; round < ROUNDS; round += 1) {
    tasks.forEach((task, i) => {
      let count = 0;
      const begun = performance.now();
      while (performance.now() - begun < WINDOW_MS) {
        for (let inner = 0; inner < 50; inner += 1) task();
        count += 50;
      }
      best[i] = Math.max(best[i] ?? 0, (count * 1_000) / (performance.now() - begun));
    });
  }
  return best;
}

const META = Uint8Array.from({ length: 220 }, (_, i) => 97 + (i % 26));
const ADDRESS = Uint8Array.from([10, 0, 0, 1]);
const VERSIONS = Uint8Array.from([1, 5, 2, 2, 5, 4]);

export function codecTable(): string {
  const packr = new Packr({ useRecords: false });
  const alive: PacketMessage = {
    type: 'alive',
    incarnation: 3,
    node: 'srv-a.global',
    address: ADDRESS,
    port: 4648,
    meta: META,
    versions: NOMAD_VERSIONS,
  };
  const plainAlive = { Addr: ADDRESS, Incarnation: 3, Meta: META, Node: 'srv-a.global', Port: 4648, Vsn: VERSIONS };
  const entries = Array.from({ length: 50 }, (_, i) => `srv-${i}.global`);
  const state: StreamMessage = {
    type: 'push-pull',
    join: false,
    nodes: entries.map((name) => ({
      name,
      address: ADDRESS,
      port: 4648,
      meta: META,
      incarnation: 1,
      state: 'alive',
      versions: NOMAD_VERSIONS,
    })),
    userState: new Uint8Array(),
  };
  const plainState = entries.map((Name) => ({
    Addr: ADDRESS,
    Incarnation: 1,
    Meta: META,
    Name,
    Port: 4648,
    State: 0,
    Vsn: VERSIONS,
  }));
  const codec = new StreamCodec({ compression: false, verifyIncoming: true, verifyOutgoing: true });
  const encodedState = encodeStreamMessage(state);
  const decodeState = () => codec.reader('request', () => undefined).push(encodedState);
  const [aliveBytes, aliveMsgpackr, aliveMsgpack] = [
    encodePacketMessage(alive),
    packr.pack(plainAlive),
    encodeMsgpack(plainAlive),
  ];
  const [stateMsgpackr, stateMsgpack] = [packr.pack(plainState), encodeMsgpack(plainState)];
  const cases: readonly (readonly [string, readonly (() => unknown)[]])[] = [
    [
      'alive, encode',
      [() => encodePacketMessage(alive), () => packr.pack(plainAlive), () => encodeMsgpack(plainAlive)],
    ],
    [
      'alive, decode',
      [() => decodePacketMessage(aliveBytes), () => packr.unpack(aliveMsgpackr), () => decodeMsgpack(aliveMsgpack)],
    ],
    [
      'state of 50, encode',
      [() => encodeStreamMessage(state), () => packr.pack(plainState), () => encodeMsgpack(plainState)],
    ],
    ['state of 50, decode', [decodeState, () => packr.unpack(stateMsgpackr), () => decodeMsgpack(stateMsgpack)]],
  ];
  const rows = cases.map(([what, tasks]) => {
    const [own = 0, msgpackr = 0, msgpack = 0] = rates(tasks);
    return [what, own.toFixed(0), (own / msgpackr).toFixed(2), (own / msgpack).toFixed(2)];
  });
  return table(['messages a second', 'ours', 'against msgpackr', 'against @msgpack/msgpack'], rows);
}

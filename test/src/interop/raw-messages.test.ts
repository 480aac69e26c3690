import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { PacketMessage } from '@steppe/gossip';
import { encodePacketMessage, KeyRing, NOMAD_VERSIONS, PacketCodec } from '@steppe/gossip';
import { SeededRandom } from '@steppe/testing';
import { eventually, ownLoopbackHost, SerfAgent } from '@steppe/testing';
import { allSee, alive, Started } from './pool.js';
import { RawPeer } from './raw-peer.js';
import { describeWithSerf } from './describe-with-serf.js';
import { SteppeMember } from './steppe-member.js';

jest.setTimeout(120_000);
const started = new Started();
const raw: RawPeer[] = [];
afterEach(async () => {
  await started.endAll();
  await Promise.all(raw.splice(0).map((peer) => peer.kill()));
});

const rawPeer = async (): Promise<RawPeer> => {
  const peer = await RawPeer.open();
  raw.push(peer);
  return peer;
};

const bytesOf = (host: string): Uint8Array => Uint8Array.from(host.split('.').map(Number));
const mapped = (host: string): Uint8Array =>
  Uint8Array.from([...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...bytesOf(host)]);

const announcement = (node: string, host: string): PacketMessage => ({
  type: 'alive',
  incarnation: 1,
  node,
  address: bytesOf(host),
  port: 7946,
  meta: Buffer.from('ff80', 'hex'),
  versions: NOMAD_VERSIONS,
});

describe('messages of hand', () => {
  test('row 6: a ping is acked at its source, however the source is written', async () => {
    const [s, peer] = [started.add(await SteppeMember.start('s')), await rawPeer()];
    const { host, port } = peer.address;
    const sources = [undefined, bytesOf(host), mapped(host)];
    sources.forEach((address, i) =>
      peer.send(s.address, {
        type: 'ping',
        seqNo: 100 + i,
        node: i === 0 ? '' : 's',
        ...(address && { source: { address, port, node: 'peer' } }),
      }),
    );
    await eventually(5_000, () =>
      expect(
        peer.received.flatMap((message) => (message.type === 'ack' ? [message.seqNo] : [])).toSorted((a, b) => a - b),
      ).toEqual([100, 101, 102]),
    );
    // A ping for somebody else is nobody's.
    peer.send(s.address, { type: 'ping', seqNo: 200, node: 'other' }, { type: 'ping', seqNo: 201, node: 's' });
    await peer.hears(
      (message): message is PacketMessage & { type: 'ack' } => 'seqNo' in message && message.seqNo === 201,
    );
    expect(peer.received.filter((message) => 'seqNo' in message && message.seqNo === 200)).toEqual([]);
  });

  test('an ack is never sent to a stranger the ping names', async () => {
    const [s, peer, victim] = [started.add(await SteppeMember.start('s')), await rawPeer(), await rawPeer()];
    const source = { address: bytesOf(victim.address.host), port: victim.address.port, node: 'victim' };
    peer.send(s.address, { type: 'ping', seqNo: 1, node: 's', source }, { type: 'ping', seqNo: 2, node: 's' });
    await peer.hears(
      (message): message is PacketMessage & { type: 'ack' } => 'seqNo' in message && message.seqNo === 2,
    );
    expect(victim.received).toEqual([]);
  });

  test('rows 16 and 17: claims about us are refuted above their incarnation, and raise our health score', async () => {
    const [s, peer] = [started.add(await SteppeMember.start('s')), await rawPeer()];
    peer.send(s.address, announcement('peer', peer.address.host));
    await eventually(5_000, () => expect(s.statuses()).toEqual(alive('peer', 's')));
    const refuted = (incarnation: number) =>
      peer.hears(
        (message): message is PacketMessage & { type: 'alive' } =>
          message.type === 'alive' && message.node === 's' && message.incarnation === incarnation,
      );
    peer.send(s.address, { type: 'suspect', incarnation: 1, node: 's', from: 'peer' });
    await refuted(2);
    expect(Number(s.serf.stats()['health_score'])).toBeGreaterThan(0);
    peer.send(s.address, { type: 'dead', incarnation: 40, node: 's', from: 'peer' });
    await refuted(41);
    expect(s.statuses()['s']).toBe('alive');
  });

  test('row 14: a helper that cannot reach the node says so', async () => {
    const [s, peer] = [started.add(await SteppeMember.start('s')), await rawPeer()];
    const ghost = ownLoopbackHost();
    peer.send(s.address, announcement('peer', peer.address.host), announcement('ghost', ghost));
    await eventually(5_000, () => expect(s.statuses()).toEqual(alive('ghost', 'peer', 's')));
    peer.send(s.address, {
      type: 'indirect-ping',
      seqNo: 77,
      target: bytesOf(ghost),
      port: 7946,
      node: 'ghost',
      nack: true,
      source: { address: bytesOf(peer.address.host), port: peer.address.port, node: 'peer' },
    });
    expect(await peer.hears((message): message is PacketMessage & { type: 'nack' } => message.type === 'nack')).toEqual(
      {
        type: 'nack',
        seqNo: 77,
      },
    );
  });

  test('row 40: a packet in the older encryption is taken where its key is known', async () => {
    const secret = Buffer.alloc(32, 7);
    const s = started.add(await SteppeMember.start('s', { keyring: new KeyRing([secret]) }));
    const peer = await rawPeer();
    const wire = { compression: true, verifyIncoming: true, verifyOutgoing: true };
    const older = new PacketCodec({ ...wire, keyring: new KeyRing([secret]), encryptionVersion: 0 });
    const other = new PacketCodec({ ...wire, keyring: new KeyRing([Buffer.alloc(32, 8)]) });
    const ghost = encodePacketMessage(announcement('ghost', ownLoopbackHost()));
    // Neither what is not encrypted nor what is encrypted with another key changes anything.
    peer.send(s.address, announcement('ghost', ownLoopbackHost()));
    peer.sendBytes(s.address, other.encode([ghost], { checksum: false }));
    peer.sendBytes(
      s.address,
      older.encode([encodePacketMessage(announcement('peer', peer.address.host))], { checksum: false }),
    );
    await eventually(5_000, () => expect(s.statuses()).toEqual(alive('peer', 's')));
  });
});

describeWithSerf('hostile input with a real agent watching', () => {
  test('row 50: a thousand broken datagrams and streams change nothing', async () => {
    const a = started.add(await SerfAgent.start('r1'));
    const s = started.add(await SteppeMember.start('s'));
    await s.join(a.host);
    await allSee([a, s], alive('r1', 's'));
    const peer = await rawPeer();
    const random = new SeededRandom(50);
    const valid = new PacketCodec({ compression: true, verifyIncoming: true, verifyOutgoing: true }).encode(
      [encodePacketMessage(announcement('s', s.address.host)), encodePacketMessage(announcement('r1', a.host))],
      { checksum: true },
    );
    for (let i = 0; i < 1_000; i += 1) {
      const bytes =
        i % 2 === 0
          ? Uint8Array.from({ length: Math.floor(random.next() * 300) }, () => Math.floor(random.next() * 256))
          : valid.map((byte) => (random.next() < 0.02 ? Math.floor(random.next() * 256) : byte));
      peer.sendBytes(s.address, bytes);
    }
    const { connect } = await import('node:net');
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(s.address.port, s.address.host);
        socket.on('error', () => undefined);
        socket.end(Uint8Array.from({ length: 64 }, () => Math.floor(random.next() * 256)));
        await new Promise((resolve) => socket.once('close', resolve).resume());
      }),
    );
    // It still answers, and still is who it was.
    peer.send(s.address, { type: 'ping', seqNo: 9, node: 's' });
    await peer.hears(
      (message): message is PacketMessage & { type: 'ack' } => 'seqNo' in message && message.seqNo === 9,
    );
    await allSee([a], alive('r1', 's'));
    expect(s.statuses()).toMatchObject(alive('r1', 's'));
    expect(peer.rejected).toEqual([]);
  });
});

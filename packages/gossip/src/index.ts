/**
 * Cluster membership: who is in the gossip pool, and the keys it speaks with.
 * @packageDocumentation
 */
export type { JoinResult, Membership } from './membership/membership.js';
export { GossipPool } from './membership/gossip-pool.js';
export type { GossipPoolDeps, GossipPoolOptions } from './membership/gossip-pool.js';
export type { Resolver } from './membership/resolver.js';
export type { KeyringManager, KeyringReply } from './keyring/keyring.js';
export { serverTags } from './server/server-tags.js';
export type { ServerTagsInput } from './server/server-tags.js';
export { parseServerMember, refuseNonServer } from './server/server-member.js';
export type { ServerMember } from './server/server-member.js';
export { JoinKeeper } from './membership/join-keeper.js';
export type { JoinKeeperDeps, JoinKeeperOptions } from './membership/join-keeper.js';
export type { GossipError, GossipErrorDetail } from './errors.js';
export { GOSSIP_METRICS } from './metrics.js';

export { Memberlist } from './memberlist/memberlist.js';
export type { JoinOutcome, MemberlistDeps } from './memberlist/memberlist.js';
export type { GossipNode, MemberlistDelegate } from './memberlist/delegate.js';
export { LAN_TIMING, LOCAL_TIMING, NOMAD_VERSIONS, SERVER_TIMING, WAN_TIMING } from './memberlist/options.js';
export type { MemberlistOptions, MemberlistTiming } from './memberlist/options.js';
export type { SuspicionOutcome, SuspicionRecord } from './memberlist/suspicion.js';

export { NetTransport } from './transport/net-transport.js';
export type { NetTransportDeps, NetTransportOptions } from './transport/net-transport.js';
export type { GossipAddress, GossipStream, Transport, TransportHandlers } from './transport/transport.js';
export { KeyRing } from './keyring/key-ring.js';
export type { KeyRingChange, KeyRingDeps } from './keyring/key-ring.js';
export { PacketCodec } from './wire/packet-codec.js';
export type { DecodedPacket } from './wire/packet-codec.js';
export { StreamCodec } from './wire/stream-codec.js';
export type { StreamCodecOptions, StreamDirection, StreamReader } from './wire/stream-codec.js';
export type { WireDeps, WireOptions } from './wire/wire-options.js';
export type { WireRejection, WireRejectionReason } from './wire/wire-rejection.js';
export { decodePacketMessage, encodePacketMessage, encodeStreamMessage } from './wire/memberlist-codec.js';
export type { NodeVersions, PacketMessage, StreamMessage } from './wire/memberlist-message.js';
export { decodeSerfMessage, encodeSerfMessage } from './wire/serf-codec.js';
export type { SerfMessage } from './wire/serf-message.js';
export { decodeTags, encodeTags } from './wire/tags.js';

export { Serf } from './serf/serf.js';
export type { SerfJoinOptions, SerfJoinResult } from './serf/serf.js';
export type { SerfDeps } from './serf/serf-parts.js';
export type { MemberGuard } from './serf/serf-delegate.js';
export { NOMAD_SERF_TIMING, SERF_TIMING } from './serf/options.js';
export type { SerfOptions, SerfTiming } from './serf/options.js';
export type { CoalesceTiming } from './serf/coalescer.js';
export type { MemberEvent, MemberEventType, QueryEvent, SerfEvent, UserEvent } from './serf/serf-event.js';
export { defaultQueryTimeoutMs } from './serf/queries.js';
export type { QueryOptions } from './serf/queries.js';
export type { Query, QueryAnswer, QuerySummary } from './serf/query-collector.js';
export type { QueryFilter } from './wire/serf-message.js';
export { KeyManager, ROTATION_PHASES } from './serf/key-manager.js';
export type { KeyOperationOptions, PoolKeyReply, RotationOptions, RotationPhase } from './serf/key-manager.js';
export { estimateRttMs } from './coordinate/coordinate.js';
export type { Coordinate } from './coordinate/coordinate.js';
export { FileSnapshotStore } from './snapshot/file-snapshot-store.js';
export { MemorySnapshotStore } from './snapshot/memory-snapshot-store.js';
export type { SnapshotStore } from './snapshot/snapshot-store.js';

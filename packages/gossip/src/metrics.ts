/** Every metric this package emits. */
export const GOSSIP_METRICS = {
  /** Counter: datagrams received and dropped. */
  datagramsDropped: 'memberlist.udp.dropped',
  /** Counter: stream connections received and closed. */
  streamsClosed: 'memberlist.tcp.closed',
} as const;

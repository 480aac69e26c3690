/** Every metric this package emits. */
export const GOSSIP_METRICS = {
  /** Counter: datagrams received and dropped. */
  datagramsDropped: 'memberlist.udp.dropped',
  /** Counter: stream connections received and closed. */
  streamsClosed: 'memberlist.tcp.closed',
  /** Counter: member joins, departures, failures and updates, as the failure detector reports them. */
  memberJoin: 'serf.member.join',
  memberLeave: 'serf.member.left',
  memberFailed: 'serf.member.failed',
  memberUpdate: 'serf.member.update',
  /** Counter: members that came back soon after they had failed. */
  memberFlap: 'serf.member.flap',
  /** Counter: user events seen for the first time. */
  userEvents: 'serf.events',
  /** Counter: queries seen for the first time. */
  queries: 'serf.queries',
  /** Counter: acks and responses to our queries. */
  queryAcks: 'serf.query_acks',
  queryResponses: 'serf.query_responses',
  /** Counter: messages and states of peers that were refused; label `reason`. */
  messagesRefused: 'serf.messages_refused',
  /** Sample: entries waiting in a broadcast queue, taken every check interval. */
  intentQueue: 'serf.queue.Intent',
  eventQueue: 'serf.queue.Event',
  queryQueue: 'serf.queue.Query',
  /** Sample: what our correction of the network coordinate is worth. */
  coordinateAdjustmentMs: 'serf.coordinate.adjustment-ms',
  /** Counter: coordinates of peers that could not be used. */
  coordinateRejected: 'serf.coordinate.rejected',
  /** Counter: lines noted for the snapshot, and times it was written anew. */
  snapshotLines: 'serf.snapshot.lines',
  snapshotCompactions: 'serf.snapshot.compactions',
  /** Counter: news of a node that changed its entry here. */
  alive: 'memberlist.msg.alive',
  suspect: 'memberlist.msg.suspect',
  dead: 'memberlist.msg.dead',
  /** Counter: answers to wrong claims about ourselves. */
  refutations: 'memberlist.refutations',
  /** Counter: claims about ourselves that no incarnation is left to answer. */
  refutationImpossible: 'memberlist.refutation_impossible',
  /** Counter: nodes that claim a name from another address. */
  conflicts: 'memberlist.conflicts',
  /** Counter: announced nodes that were not taken; label `reason`. */
  aliveRefused: 'memberlist.alive_refused',
  /** Counter: bytes of datagrams, and of streams that we wrote. */
  udpSent: 'memberlist.udp.sent',
  udpReceived: 'memberlist.udp.received',
  tcpSent: 'memberlist.tcp.sent',
  /** Counter: streams that we opened, and that peers opened to us. */
  tcpConnect: 'memberlist.tcp.connect',
  tcpAccept: 'memberlist.tcp.accept',
  /** Sample: milliseconds from ping to ack, or to the verdict; and of a whole exchange of state. */
  probe: 'memberlist.probeNode',
  pushPull: 'memberlist.pushPullNode',
  /** Counter: probes that took longer because we are not well ourselves. */
  degradedProbe: 'memberlist.degraded.probe',
  /** Gauge: our health score, 0 is healthy. */
  healthScore: 'memberlist.health.score',
  /** Counter: probes answered over TCP but not over UDP. */
  answeredOverStreamOnly: 'memberlist.probe_tcp_only',
  /** Counter: indirect pings that were not carried out. */
  indirectPingsRefused: 'memberlist.indirect_pings_refused',
  /** Counter: received messages dropped because too many waited. */
  handoffDropped: 'memberlist.handoff_dropped',
  /** Counter: exchanges of state closed because too many ran; those whose content was not acceptable. */
  pushPullsRefused: 'memberlist.push_pulls_refused',
  mergesRefused: 'memberlist.merges_refused',
} as const;

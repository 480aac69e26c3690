/**
 * The agent's log: one hub everything is logged into, outputs and live streams with a threshold and a bounded buffer of
 * their own, the line formats and stream frames of the wire, log files and exports.
 * @packageDocumentation
 */
export type { LogHub, LogHubOptions, LogSink, RecordSink } from './hub/log-hub.js';
export type { LineStyle, PublishedRecord } from './hub/published-record.js';
export { LogHubImpl } from './hub/log-hub-impl.js';
export type { LogHubDeps } from './hub/log-hub-impl.js';
export type { LogSubscription, SubscribeOptions } from './hub/subscription.js';
export type { FeedGap, FeedItem, FeedLine, QueueOptions, RecordQueue } from './hub/record-queue.js';
export type { LoggerLevel } from './level/logger-levels.js';

export type { LineFormat, LineFormatOptions, LogField, LogRecord } from './record/log-record.js';
export type { CallSite, SourcePosition } from './record/call-site.js';
export { LogDuration } from './record/log-duration.js';
export { fieldsFromPairs } from './record/fields-from-pairs.js';
export { LocalTime } from './format/local-time.js';
export { textFormat } from './format/text-line.js';
export { jsonFormat } from './format/json-line.js';
export type { LineFormats } from './hub/formatted-record.js';

export type { ByteSink } from './monitor/byte-sink.js';
export { MonitorStream } from './monitor/monitor-stream.js';
export type { MonitorDeps, MonitorOptions } from './monitor/monitor-stream.js';

export { FollowStream } from './follow/follow-stream.js';
export type { FollowOptions } from './follow/follow-stream.js';
export type { FollowEncoding } from './follow/item-writer.js';
export { LogFeed } from './follow/log-feed.js';
export type { FeedDeps, FeedOptions, FeedStart } from './follow/log-feed.js';
export type { LogFilterOptions } from './follow/log-filter.js';

export { LogRing } from './history/log-ring.js';
export type { LogRingDeps, LogRingOptions } from './history/log-ring.js';
export type { LogHistory, SequenceRange, TailQuery } from './history/log-history.js';
export type { StoredRecord } from './history/stored-record.js';

export type { LogSource, LogSourceRequest } from './export/log-source.js';
export { LogExporterImpl } from './export/log-exporter.js';
export type { LogExport, LogExporter, LogExporterDeps } from './export/log-exporter.js';
export { LogFileSource } from './export/log-file-source.js';
export type { LogFileSourceOptions } from './export/log-file-source.js';
export { JournalSource } from './export/journal-source.js';
export type { JournalSourceOptions } from './export/journal-source.js';
export { exportLogFile, writeExport } from './export/write-export.js';
export type { ExportOptions } from './export/write-export.js';
export { validateServiceName } from './export/service-name.js';

export { SyslogSink } from './syslog/syslog-sink.js';
export type { SyslogDeps, SyslogOptions } from './syslog/syslog-sink.js';

export { hubConsole } from './adapters/hub-console.js';
export type { HubConsole } from './adapters/hub-console.js';
export { pinoDestination } from './adapters/pino-destination.js';
export type { PinoDestination } from './adapters/pino-destination.js';
export { WinstonTransport } from './adapters/winston-transport.js';

export { RotatingLogFile, logFilePath } from './file/rotating-log-file.js';
export type { LogFileDeps, LogFileOptions } from './file/rotating-log-file.js';

export { encodeFrame } from './wire/frame.js';
export type { StreamFrame } from './wire/frame.js';
export { FrameReader } from './wire/frame-reader.js';

export type { LogStreamError, LogStreamErrorDetail } from './errors.js';
export { LOG_METRICS } from './metrics.js';

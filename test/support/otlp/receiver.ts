import { startCollector } from './collector.ts';
import { startEmbedded } from './embedded.ts';
import type { ExportedMetric } from './metric.ts';
import type { ExportedSpan } from './span.ts';

/** Something that spans and metrics are sent to over OTLP. */
export interface OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT` with http/protobuf and http/json. */
  readonly url: string;
  /** Likewise, with grpc. */
  readonly grpcUrl: string;
  /** Of {@link url}. */
  readonly port: number;
  /** What has arrived so far. */
  spans(): ExportedSpan[];
  /** Likewise; one that was sent again is there again. */
  metrics(): ExportedMetric[];
  /** Everything that has arrived, as text, to be searched for secrets. */
  text(): string;
  /** Takes nothing more; afterwards all that it took is to be seen. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** The official collector when the environment says `OTLP=collector`; else an embedded one that speaks the same. */
export function startOtlpReceiver(): Promise<OtlpReceiver> {
  return process.env.OTLP === 'collector' ? startCollector() : startEmbedded();
}

import { integer, type Message, messages, readMessage, texts } from './protobuf.ts';
import { attributesOf, type JsonAttributes, jsonAttributes } from './span.ts';

/** One exported metric, as far as tests look at it. */
export interface ExportedMetric {
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly name: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly points: readonly ExportedPoint[];
}

export interface ExportedPoint {
  readonly attributes: Readonly<Record<string, string>>;
  /** Of a histogram: the sum of what was observed. */
  readonly value: number;
  /** Of a histogram: how many were observed, and how many in each bucket. */
  readonly count: number;
  readonly buckets: readonly number[];
  /** ns since the epoch: since when it has been counted. */
  readonly start: bigint;
}

/** Fields of `Metric` in opentelemetry/proto/metrics/v1/metrics.proto. */
const KINDS = [
  ['gauge', 5],
  ['sum', 7],
  ['histogram', 9],
] as const;

/** Reads an `ExportMetricsServiceRequest`. */
export function decodeMetrics(body: Buffer): ExportedMetric[] {
  return messages(readMessage(body), 1).flatMap((resourceMetrics) => {
    const resource = attributesOf(messages(resourceMetrics, 1)[0] ?? new Map(), 1);
    return messages(resourceMetrics, 2)
      .flatMap((scopeMetrics) => messages(scopeMetrics, 2))
      .flatMap((metric) =>
        KINDS.filter(([, field]) => metric.has(field)).map(([kind, field]) => ({
          resource,
          name: texts(metric, 1)[0] ?? '',
          kind,
          points: messages(messages(metric, field)[0] ?? new Map(), 1).map(kind === 'histogram' ? histogram : number),
        })),
      );
  });
}

function number(point: Message): ExportedPoint {
  const value = point.has(6) ? Number(integer(point, 6)) : double(integer(point, 4));
  return { attributes: attributesOf(point, 7), value, count: 1, buckets: [], start: integer(point, 2) };
}

function histogram(point: Message): ExportedPoint {
  const [packed] = point.get(6) ?? [];
  const bytes = packed instanceof Buffer ? packed : Buffer.alloc(0);
  return {
    attributes: attributesOf(point, 9),
    value: double(integer(point, 5)),
    count: Number(integer(point, 4)),
    buckets: Array.from({ length: bytes.length / 8 }, (_, at) => Number(bytes.readBigUInt64LE(at * 8))),
    start: integer(point, 2),
  };
}

function double(bits: bigint): number {
  return new Float64Array(new BigUint64Array([bits]).buffer)[0] ?? Number.NaN;
}

interface JsonPoint extends JsonAttributes {
  readonly asDouble?: number;
  readonly asInt?: string | number;
  readonly sum?: number;
  readonly count?: string | number;
  readonly bucketCounts?: readonly (string | number)[];
  readonly startTimeUnixNano?: string;
}

type JsonMetric = { readonly name: string } & Partial<
  Record<ExportedMetric['kind'], { readonly dataPoints: readonly JsonPoint[] }>
>;

interface JsonDocument {
  readonly resourceMetrics?: readonly {
    readonly resource: JsonAttributes;
    readonly scopeMetrics: readonly { readonly metrics: readonly JsonMetric[] }[];
  }[];
}

/** Reads lines of OTLP's JSON, one for each request. */
export function decodeMetricLines(text: string): ExportedMetric[] {
  const documents = text.split('\n').filter((line) => line.endsWith('}'));
  return documents.flatMap((line) =>
    ((JSON.parse(line) as JsonDocument).resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics.flatMap((metric) => fromJson(metric, jsonAttributes(resource)))),
    ),
  );
}

function fromJson(metric: JsonMetric, resource: Record<string, string>): ExportedMetric[] {
  return KINDS.flatMap(([kind]) => {
    const data = metric[kind];
    if (data === undefined) return [];
    const points = data.dataPoints.map((point) => ({
      attributes: jsonAttributes(point),
      value: point.sum ?? point.asDouble ?? Number(point.asInt ?? 0),
      // What is zero may be left out.
      count: kind === 'histogram' ? Number(point.count ?? 0) : 1,
      buckets: (point.bucketCounts ?? []).map(Number),
      start: BigInt(point.startTimeUnixNano ?? 0),
    }));
    return [{ resource, name: metric.name, kind, points }];
  });
}

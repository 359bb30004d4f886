import { hex, integer, type Message, messages, readMessage, texts } from './protobuf.ts';

/** One exported span, as far as tests look at it. */
export interface ExportedSpan {
  /** Of the resource. */
  readonly service: string;
  readonly name: string;
  /** 2 server, 3 client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, string>>;
  /** 0 unset, 2 error. */
  readonly status: number;
  /** ns since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
}

/** Reads an `ExportTraceServiceRequest`; the numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
export function decodeProtobuf(body: Buffer): ExportedSpan[] {
  return messages(readMessage(body), 1).flatMap((resourceSpans) => {
    const [resource = new Map()] = messages(resourceSpans, 1);
    const service = attributesOf(resource, 1)['service.name'] ?? '';
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        service,
        name: texts(span, 5)[0] ?? '',
        kind: Number(integer(span, 6)),
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentSpanId: hex(span, 4),
        links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
        attributes: attributesOf(span, 9),
        status: Number(integer(messages(span, 15)[0] ?? new Map(), 3)),
        start: integer(span, 7),
        end: integer(span, 8),
      }));
  });
}

export function attributesOf(message: Message, field: number): Record<string, string> {
  const pairs = messages(message, field).map((pair) => {
    const [value = new Map()] = messages(pair, 2);
    return [texts(pair, 1)[0] ?? '', texts(value, 1)[0] ?? String(integer(value, 3))];
  });
  return Object.fromEntries(pairs);
}

interface JsonValue {
  readonly stringValue?: string;
  /** 64 bits are written as a text by some, and as a number by others. */
  readonly intValue?: string | number;
}

export interface JsonAttributes {
  readonly attributes?: readonly { readonly key: string; readonly value: JsonValue }[];
}

interface JsonSpan extends JsonAttributes {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface JsonDocument {
  readonly resourceSpans?: readonly {
    readonly resource: JsonAttributes;
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

/** Reads what the collector's file exporter writes: a line of OTLP's JSON for each request. */
export function decodeJsonLines(text: string): ExportedSpan[] {
  const documents = text.split('\n').filter((line) => line.endsWith('}'));
  return documents.flatMap((line) => ((JSON.parse(line) as JsonDocument).resourceSpans ?? []).flatMap(spansOf));
}

function spansOf({ resource, scopeSpans }: NonNullable<JsonDocument['resourceSpans']>[number]): ExportedSpan[] {
  const service = jsonAttributes(resource)['service.name'] ?? '';
  return scopeSpans
    .flatMap(({ spans }) => spans)
    .map((span) => ({
      service,
      name: span.name,
      kind: span.kind,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? '',
      links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      attributes: jsonAttributes(span),
      status: span.status?.code ?? 0,
      start: BigInt(span.startTimeUnixNano),
      end: BigInt(span.endTimeUnixNano),
    }));
}

export function jsonAttributes({ attributes = [] }: JsonAttributes): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? String(value.intValue ?? '')]),
  );
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { startCollector } from './collector.ts';
import { decodeProtobuf, type ExportedSpan } from './span.ts';

/** Something that spans are sent to over OTLP. */
export interface OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly port: number;
  /** What has arrived so far. */
  spans(): ExportedSpan[];
  /** Everything that has arrived, as text, to be searched for secrets. */
  text(): string;
  /** Takes nothing more; afterwards all that it took is to be seen. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** The official collector when the environment says `OTLP=collector`; else an embedded one that speaks http/protobuf. */
export function startOtlpReceiver(): Promise<OtlpReceiver> {
  return process.env.OTLP === 'collector' ? startCollector() : startEmbedded();
}

async function startEmbedded(): Promise<OtlpReceiver> {
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const accepted =
      request.method === 'POST' &&
      request.url === '/v1/traces' &&
      request.headers['content-type'] === 'application/x-protobuf';
    const body = await buffer(request);
    if (accepted) bodies.push(body);
    // An empty message is the whole of an ExportTraceServiceResponse.
    response.writeHead(accepted ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    spans: () => bodies.flatMap(decodeProtobuf),
    text: () => Buffer.concat(bodies).toString('latin1'),
    finish: async () => {},
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

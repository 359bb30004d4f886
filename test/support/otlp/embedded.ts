import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { decodeMetricLines, decodeMetrics } from './metric.ts';
import type { OtlpReceiver } from './receiver.ts';
import { decodeJsonLines, decodeProtobuf } from './span.ts';

/** One request of an exporter. */
interface Received {
  readonly signal: 'traces' | 'metrics';
  readonly type: 'application/x-protobuf' | 'application/json';
  readonly body: Buffer;
}

const SERVICES = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService' } as const;

export async function startEmbedded(): Promise<OtlpReceiver> {
  const received: Received[] = [];
  const http = await listenForHttp(received);
  const grpc = await listenForGrpc(received);
  const of = (signal: Received['signal'], type: Received['type']) =>
    received.filter((each) => each.signal === signal && each.type === type).map(({ body }) => body);
  const lines = (signal: Received['signal']) => of(signal, 'application/json').map(String).join('\n');
  return {
    url: `http://127.0.0.1:${http.port}`,
    grpcUrl: `http://127.0.0.1:${grpc.port}`,
    port: http.port,
    spans: () => [
      ...of('traces', 'application/x-protobuf').flatMap(decodeProtobuf),
      ...decodeJsonLines(lines('traces')),
    ],
    metrics: () => [
      ...of('metrics', 'application/x-protobuf').flatMap(decodeMetrics),
      ...decodeMetricLines(lines('metrics')),
    ],
    text: () => Buffer.concat(received.map(({ body }) => body)).toString('latin1'),
    finish: async () => {},
    stop: async () => {
      grpc.stop();
      await http.stop();
    },
  };
}

async function listenForHttp(received: Received[]) {
  const server = createServer(async (request, response) => {
    const [, signal = ''] = /^\/v1\/(traces|metrics)$/.exec(request.url ?? '') ?? [];
    const type = request.headers['content-type'] ?? '';
    const body = await buffer(request);
    const accepted = signal !== '' && ['application/x-protobuf', 'application/json'].includes(type);
    if (accepted) received.push({ signal, type, body } as Received);
    // An empty message is the whole of an answer.
    response
      .writeHead(accepted ? 200 : 404, { 'content-type': type })
      .end(type === 'application/json' ? '{}' : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, stop };
}

async function listenForGrpc(received: Received[]) {
  const server = new Server();
  for (const signal of ['traces', 'metrics'] as const) {
    server.addService(serviceOf(SERVICES[signal]), {
      Export: ({ request: body }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        received.push({ signal, type: 'application/x-protobuf', body });
        answer(null, Buffer.alloc(0));
      },
    });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}

/** Messages as their bytes. */
function serviceOf(name: string): ServiceDefinition {
  const asIs = (bytes: Buffer) => bytes;
  return {
    Export: {
      path: `/opentelemetry.proto.collector.${name}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

import {
  Client,
  credentials,
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';

const asText = { serialize: (text: string) => Buffer.from(text), deserialize: (bytes: Buffer) => bytes.toString() };

function method(path: string, streams: boolean) {
  return {
    ...{ path, requestStream: streams, responseStream: streams },
    ...{ requestSerialize: asText.serialize, requestDeserialize: asText.deserialize },
    ...{ responseSerialize: asText.serialize, responseDeserialize: asText.deserialize },
  };
}

/** Messages are plain text, because what they hold is of no interest here. */
const DEFINITION = {
  unary: method('/test.Greeter/Unary', false),
  chat: method('/test.Greeter/Chat', true),
} satisfies ServiceDefinition;

/** A gRPC backend that answers each message with a greeting, and remembers the metadata of each call. */
export interface GrpcService {
  readonly port: number;
  readonly calls: readonly Metadata[];
  stop(): Promise<void>;
}

export async function startGrpcService(): Promise<GrpcService> {
  const calls: Metadata[] = [];
  const server = new Server();
  server.addService(DEFINITION, {
    unary: (call: { metadata: Metadata; request: string }, answer: (error: null, text: string) => void) => {
      calls.push(call.metadata);
      answer(null, `hello ${call.request}`);
    },
    chat: (call: {
      metadata: Metadata;
      on(event: string, listener: (text: string) => void): void;
      write(text: string): void;
      end(): void;
    }) => {
      calls.push(call.metadata);
      call.on('data', (text) => call.write(`hello ${text}`));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, calls, stop: async () => server.forceShutdown() };
}

/** Talks to the service above, through whatever listens on that port. */
export class GrpcClient {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** @throws ServiceError with the gRPC status */
  unary(text: string, metadata: Metadata, path = DEFINITION.unary.path): Promise<string> {
    const { requestSerialize, responseDeserialize } = DEFINITION.unary;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<string, string>(
        ...([path, requestSerialize, responseDeserialize, text, metadata] as const),
        (error: ServiceError | null, answer?: string) => (error === null ? resolve(answer ?? '') : reject(error)),
      );
    });
  }

  /** Opens a stream of messages both ways. */
  chat(metadata: Metadata) {
    const { path, requestSerialize, responseDeserialize } = DEFINITION.chat;
    return this.#client.makeBidiStreamRequest<string, string>(path, requestSerialize, responseDeserialize, metadata);
  }

  close(): void {
    this.#client.close();
  }
}

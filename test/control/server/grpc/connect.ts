import type { App } from '../../../../control/app.ts';
import { CheckClient } from '../../../support/check-client.ts';

/** Opens the app's gRPC listener on any port of 127.0.0.1. @returns its address */
export async function listenGrpc({ grpc }: Pick<App, 'grpc'>): Promise<string> {
  if (grpc === undefined) throw new Error('the gRPC listener is off');
  return grpc.listen({ host: '127.0.0.1', port: 0, listenTextResolver: (address) => address });
}

/** The same, and a client of it. */
export async function connectGrpc(app: Pick<App, 'grpc'>): Promise<CheckClient> {
  return new CheckClient(await listenGrpc(app));
}

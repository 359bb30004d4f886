import type { App } from '../../../../control/app.ts';
import { CheckClient } from '../../../support/check-client.ts';

/** Opens the app's gRPC listener on any port of 127.0.0.1, and connects to it. */
export async function connectGrpc({ grpc }: Pick<App, 'grpc'>): Promise<CheckClient> {
  if (grpc === undefined) throw new Error('the gRPC listener is off');
  return new CheckClient(await grpc.listen({ host: '127.0.0.1', port: 0, listenTextResolver: (address) => address }));
}

import type { ListenerConfiguration } from './configuration.ts';
import { isLocal } from './listen-address.ts';

/** Whether others than this machine reach a listener without a certificate that says who they are. */
export function isOpen(listener: ListenerConfiguration | undefined): boolean {
  return listener !== undefined && !isLocal(listener.address) && listener.tls?.clientCaFile === undefined;
}

/** @param settings what makes clients show certificates */
export function whatOpens(settings: string): string {
  return (
    'whoever reaches this listener gets tokens, and others than this machine could; use a loopback address or ' +
    `unix:/path, or set ${settings}`
  );
}

/** What to say at start of a gRPC listener that the operator has opened on purpose. */
export function reachWarnings(grpc: ListenerConfiguration | undefined): string[] {
  return isOpen(grpc)
    ? ['the gRPC listener takes any client, and whoever reaches it gets tokens: see to it that only Envoys do']
    : [];
}

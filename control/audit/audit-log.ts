import type { IssuerConfiguration } from '../config/configuration.ts';
import type { AuditConfiguration } from '../config/telemetry.ts';
import type { Audit } from '../decide/audit.ts';
import type { Clock } from '../decide/ports.ts';
import { Destination, type DestinationObserver } from './destination.ts';
import { auditLine } from './line.ts';

/** An {@link Audit} and the stream that it writes to. */
export interface AuditLog extends Audit {
  /** After a rotation has moved the file away. */
  reopen(): void;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface AuditLogOptions {
  /** Those in force. */
  readonly issuers: () => ReadonlyMap<string, IssuerConfiguration>;
  readonly clock: Clock;
  readonly observer: DestinationObserver;
}

/**
 * One line of JSON for each decision.
 *
 * @throws ConfigurationError when the file cannot be opened
 */
export function openAuditLog({ setting, log, claims }: AuditConfiguration, options: AuditLogOptions): AuditLog {
  const { issuers, clock, observer } = options;
  const destination = new Destination(setting, log, observer);
  return {
    record: (event) => destination.write(auditLine(event, new Date(clock.now()), { issuers: issuers(), claims })),
    reopen: () => destination.reopen(),
    close: () => destination.close(),
  };
}

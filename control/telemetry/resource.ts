import { randomUUID } from 'node:crypto';
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import type { TracingConfiguration } from '../config/telemetry.ts';

/** ms that the process waits at its end for the last spans and metrics to leave. */
const LAST_EXPORT = 2000;

/** Tells replicas apart: without it, the metrics of two would be one series that jumps. */
const INSTANCE = randomUUID();

/** What spans and metrics say of this process; `OTEL_RESOURCE_ATTRIBUTES` wins over all but `OTEL_SERVICE_NAME`. */
export function createResource({ service }: Pick<TracingConfiguration, 'service'>, version: string): Resource {
  const ours = { 'service.name': service.usual, 'service.version': version, 'service.instance.id': INSTANCE };
  return defaultResource()
    .merge(resourceFromAttributes(ours))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector] }))
    .merge(resourceFromAttributes(service.name === undefined ? {} : { 'service.name': service.name }));
}

/** Runs `close`, and waits for it for `patience` ms at most; never rejects. */
export async function closeWithin(patience = LAST_EXPORT, close: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patience);
  await Promise.race([close().catch(() => {}), promise]);
  clearTimeout(timer);
}

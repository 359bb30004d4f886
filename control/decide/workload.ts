import { BrokerError } from '../errors.ts';
import { type CallerPolicy, inputId, type KeyInputs, URI_SAN } from './route.ts';

const INPUT = inputId({ source: 'peer', name: URI_SAN });

/**
 * The SPIFFE ID of the certificate that the client has shown to Envoy, which has checked it.
 *
 * @returns undefined where the policy asks for none
 * @throws BrokerError: workload_missing or workload_refused
 */
export function readWorkload({ workloads }: Pick<CallerPolicy, 'workloads'>, inputs: KeyInputs): string | undefined {
  if (workloads.length === 0) return undefined;
  const [value] = inputs.get(INPUT) ?? [];
  if (value === undefined) {
    throw new BrokerError('workload_missing', { cause: new Error('there is no client certificate with a URI') });
  }
  const id = value.toString('utf8');
  if (!workloads.some((allowed) => isWithin(allowed, id))) {
    throw new BrokerError('workload_refused', { cause: new Error(`the workload ${JSON.stringify(id.slice(0, 256))}`) });
  }
  return id;
}

/** Whole segments (SPIFFE-ID section 2.2): what ends in `/*` holds everything below, and not the ID itself. */
function isWithin(allowed: string, id: string): boolean {
  return allowed.endsWith('/*')
    ? id.startsWith(allowed.slice(0, -1)) && id.length > allowed.length - 1
    : id === allowed;
}

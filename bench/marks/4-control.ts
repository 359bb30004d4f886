import type { Measured } from '../compare-variants.ts';
import type { VariantName } from '../variants.ts';
import { atLeast, type Finding } from './finding.ts';

const MARK = 4;

/** Control itself as ext_authz, beside the peers: how many requests a second of processor time serves. */
export function judgeControl(measured: readonly Measured[]): Finding[] {
  // Envoy's own work is the same for both: what is compared is what Envoy asks.
  const asked = (name: VariantName) => {
    const byProcess = measured.find(({ variant }) => variant.name === name)?.cost?.byProcess;
    if (byProcess === undefined) return Number.NaN;
    return Object.entries(byProcess).reduce((sum, [process, cost]) => sum + (process === 'envoy' ? 0 : cost), 0);
  };
  const compare = (what: string, ours: number, theirs: number, limit: number): Finding =>
    Number.isNaN(theirs)
      ? { mark: MARK, what, limit: `at least ${limit}`, outcome: 'not run', note: 'the peer is absent' }
      : atLeast(MARK, what, theirs / ours, limit);
  return [
    compare('HTTP: requests per CPU second, of DexTokenBroker’s', asked('http-control'), asked('http-peer'), 0.5),
    compare(
      'gRPC: requests per CPU second, of ext-authz-token-exchange’s with its issuer',
      asked('grpc-control'),
      asked('grpc-peer'),
      3,
    ),
  ];
}

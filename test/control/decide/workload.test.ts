import { describe, expect, test } from 'vitest';
import { readWorkload } from '../../../control/decide/workload.ts';
import { BrokerError } from '../../../control/errors.ts';

function judge(workloads: readonly string[], id: string | undefined): string | undefined {
  const values = id === undefined ? [] : [Buffer.from(id)];
  try {
    return readWorkload({ workloads }, new Map([['peer uri_san_peer_certificate', values]]));
  } catch (error) {
    return error instanceof BrokerError ? error.code : String(error);
  }
}

describe('a workload', () => {
  test.each<[string, readonly string[], string | undefined, string | undefined]>([
    ['of whom nothing is asked', [], 'spiffe://a/web', undefined],
    ['that is named', ['spiffe://a/web'], 'spiffe://a/web', 'spiffe://a/web'],
    ['that is one of several', ['spiffe://b/x', 'spiffe://a/web'], 'spiffe://a/web', 'spiffe://a/web'],
    ['below what is named', ['spiffe://a/ns/*'], 'spiffe://a/ns/orders/sa/web', 'spiffe://a/ns/orders/sa/web'],
    ['of a whole trust domain', ['spiffe://a/*'], 'spiffe://a/web', 'spiffe://a/web'],
    ['without a certificate', ['spiffe://a/web'], undefined, 'workload_missing'],
    ['of another name', ['spiffe://a/web'], 'spiffe://a/webX', 'workload_refused'],
    ['of another trust domain', ['spiffe://a/*'], 'spiffe://ab/web', 'workload_refused'],
    ['beside what is named', ['spiffe://a/ns/*'], 'spiffe://a/nsX/web', 'workload_refused'],
    ['that is the folder itself', ['spiffe://a/ns/*'], 'spiffe://a/ns/', 'workload_refused'],
    ['whose ID is a DNS name', ['spiffe://a/*'], 'a.example', 'workload_refused'],
  ])('%s', (_name, workloads, id, expected) => {
    expect(judge(workloads, id)).toBe(expected);
  });
});

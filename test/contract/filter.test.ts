import { expect, test } from 'vitest';
import type { SimulatedStream } from '../host/simulated-host.ts';
import { type Headers, value, Worker } from '../host/worker.ts';
import { type ContractCase, headersFor, type Outcome } from './case.ts';
import { CONTRACT_CASES } from './cases.ts';

/** A worker whose one request waits for the answer. */
function ask(): { worker: Worker; stream: SimulatedStream } {
  const worker = new Worker();
  return { worker, stream: worker.request() };
}

function answer(worker: Worker, { status, headers, body }: ContractCase['answer']): void {
  const callout = worker.decision();
  const route = value(callout.headers, 'x-broker-route') ?? '';
  worker.host.answer(callout, [[':status', String(status)], ...headersFor({ status, headers, body }, route)], body);
}

/** Whether the next request is served without asking control. */
function isRemembered(worker: Worker): boolean {
  const stream = worker.request();
  worker.host.end(stream);
  return stream.outcome !== 'paused';
}

const EXPECT: { [Kind in Outcome['kind']]: (outcome: Extract<Outcome, { kind: Kind }>, given: ContractCase) => void } =
  {
    allow({ inject, tokenDigest, freshness }, given) {
      const { worker, stream } = ask();
      answer(worker, given.answer);
      expect(stream.outcome).toBe('forwarded');
      const added = stream.requestHeaders.filter(([name]) => !name.startsWith(':'));
      expect(Object.fromEntries(added)).toEqual(inject);

      expect(isRemembered(worker)).toBe(freshness !== undefined);
      if (freshness === undefined) return;
      const { maxAge, staleWhileRevalidate, staleIfError } = freshness;
      if (tokenDigest !== undefined) expectReplacement(given, tokenDigest);
      worker.host.clock.advance(maxAge * 1000 - 1);
      worker.host.tick(worker.root);
      expect(isRemembered(worker)).toBe(true);
      expect(worker.host.callouts('/v1/decide')).toEqual([]);
      worker.host.clock.advance(1 + Math.max(staleWhileRevalidate, staleIfError) * 1000);
      worker.host.tick(worker.root);
      expect(isRemembered(worker)).toBe(false);
    },
    deny({ status, headers, body, rememberFor }, given) {
      const { worker, stream } = ask();
      answer(worker, given.answer);
      expect(stream.response).toMatchObject({ status, body });
      expect(Object.fromEntries(stream.response?.headers ?? [])).toEqual(headers);
      expect(isRemembered(worker)).toBe(rememberFor !== undefined);
      if (rememberFor === undefined) return;
      worker.host.clock.advance(rememberFor * 1000);
      worker.host.tick(worker.root);
      expect(isRemembered(worker)).toBe(false);
    },
    'unknown-route'(_outcome, given) {
      const { worker, stream } = ask();
      answer(worker, given.answer);
      expect(stream.outcome).toBe('paused');
      worker.deliverTable();
      answer(worker, given.answer);
      expect(stream.response?.status).toBe(503);
    },
    failed(_outcome, given) {
      const { worker, stream } = ask();
      answer(worker, given.answer);
      expect(stream.response?.status).toBe(503);
      expect(value(stream.response?.headers ?? [], 'retry-after')).toBe('1');
      expect(isRemembered(worker)).toBe(false);
    },
  };

/** The digest comes back when the backend refuses the token. */
function expectReplacement(given: ContractCase, tokenDigest: string): void {
  const { worker } = ask();
  answer(worker, given.answer);
  const stream = worker.request();
  worker.host.respond(stream, 401);
  worker.request();
  expect(value(worker.decision().headers as Headers, 'x-broker-rejected')).toBe(tokenDigest);
}

test.each(CONTRACT_CASES)('the filter understands this answer: $name', (given) => {
  const check = EXPECT[given.outcome.kind] as (outcome: Outcome, given: ContractCase) => void;
  check(given.outcome, given);
});

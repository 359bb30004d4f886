import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../../control/errors.ts';
import { refusalOf, tokenRequest } from '../minting.ts';
import { createScriptedIssuer } from './scripted-issuer.ts';

describe('concurrency', () => {
  test('is bounded; the next request goes when one has ended', async () => {
    const { arrived, run, settle, budget } = createScriptedIssuer({ concurrency: 1 });
    const outcomes = [run(tokenRequest('a')), run(tokenRequest('b'))];
    await settle();
    expect(arrived.length).toBe(1);
    expect(budget.load).toEqual({ underWay: 1, waiting: 1 });
    arrived[0]?.answer(200);
    await settle();
    arrived[1]?.answer(401);
    expect(await Promise.all(outcomes)).toEqual([200, 401]);
    expect(budget.load).toEqual({ underWay: 0, waiting: 0 });
  });

  test('is freed by a request that fails in a way nobody expected', async () => {
    const { arrived, run, settle } = createScriptedIssuer({ concurrency: 1 });
    const first = run(tokenRequest('a'));
    const second = run(tokenRequest('b'));
    await settle();
    arrived[0]?.fail(new Error('a bug'));
    expect(await first).toBe('Error: a bug');
    await settle();
    arrived[1]?.answer(200);
    expect(await second).toBe(200);
  });
});

describe('waiting', () => {
  test('lasts for the issuer’s timeout at most', async () => {
    const { run, pass } = createScriptedIssuer({ concurrency: 1 }, 2000);
    void run(tokenRequest('a'));
    const second = run(tokenRequest('b'));
    await pass(2000);
    expect(await second).toBe('issuer_busy');
  });

  test('is for a bounded number; one client more gives way to others', async () => {
    const { run, settle, budget } = createScriptedIssuer({ concurrency: 1 });
    void run(tokenRequest('under way'));
    const flood = Array.from({ length: 20 }, () => run(tokenRequest('flood')));
    await settle();
    expect(budget.load.waiting).toBe(8);
    expect(await Promise.all(flood.slice(8))).toEqual(Array(12).fill('issuer_busy'));
    void run(tokenRequest('other'));
    expect(budget.load.waiting).toBe(8);
    expect(await flood[7]).toBe('issuer_busy');
  });

  test('a refusal says when to come back', async () => {
    const { run, budget } = createScriptedIssuer({ concurrency: 1, rate: 2 });
    for (let count = 0; count < 9; count += 1) void run(tokenRequest('flood'));
    const refusal = await refusalOf(budget.run(tokenRequest('flood'), () => Promise.reject(new Error('never sent'))));
    expect(refusal).toMatchObject({ code: 'issuer_busy', status: 503, retryAfter: 5 });
  });
});

describe('the rate', () => {
  test('lets a burst through and then so many each second', async () => {
    const { arrived, run, pass, settle } = createScriptedIssuer({ concurrency: 100, rate: 2, burst: 3 });
    for (let count = 0; count < 8; count += 1) void run(tokenRequest(`client ${count}`));
    await settle();
    expect(arrived.length).toBe(3);
    await pass(520);
    expect(arrived.length).toBe(4);
    await pass(1020);
    expect(arrived.length).toBe(6);
  });
});

describe('the breaker', () => {
  test('opens after failures in a row, and turns away who waits', async () => {
    const { arrived, run, settle, changes } = createScriptedIssuer({ concurrency: 1, breakerFailures: 2 });
    const outcomes = ['a', 'b', 'c'].map((id) => run(tokenRequest(id)));
    await settle();
    arrived[0]?.answer(500);
    await settle();
    arrived[1]?.fail(new BrokerError('issuer_unavailable'));
    expect(await Promise.all(outcomes)).toEqual([500, 'issuer_unavailable', 'issuer_unavailable']);
    expect(await run(tokenRequest('d'))).toBe('issuer_unavailable');
    expect(arrived.length).toBe(2);
    expect(changes).toEqual([['unknown', 'open']]);
  });

  test('tells for how long it stays open', async () => {
    const { arrived, run, settle, pass, budget } = createScriptedIssuer({ breakerFailures: 1, breakerOpen: 10_000 });
    void run(tokenRequest('a'));
    await settle();
    arrived[0]?.answer(503);
    await pass(2500);
    const refusal = await refusalOf(budget.run(tokenRequest('b'), () => Promise.reject(new Error('never sent'))));
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, retryAfter: 8 });
  });

  test.each([400, 401, 403, 200, 302])('does not mind an answer of %i', async (status) => {
    const { arrived, run, settle, changes } = createScriptedIssuer({ breakerFailures: 1 });
    void run(tokenRequest('a'));
    await settle();
    arrived[0]?.answer(status);
    await settle();
    expect(changes).toEqual([]);
  });

  test.each(['invalid_token_response', 'token_response_too_large', 'internal'] as const)(
    'does not mind a failure of the kind %s',
    async (code) => {
      const { arrived, run, settle, changes } = createScriptedIssuer({ breakerFailures: 1 });
      void run(tokenRequest('a'));
      await settle();
      arrived[0]?.fail(new BrokerError(code));
      await settle();
      expect(changes).toEqual([]);
    },
  );

  test('stays open for as long as the issuer asks, a minute at most', async () => {
    const { arrived, run, settle, pass } = createScriptedIssuer({ breakerOpen: 1000 });
    void run(tokenRequest('a'));
    await settle();
    arrived[0]?.answer(429, 3_600_000);
    await pass(59_000);
    expect(await run(tokenRequest('b'))).toBe('issuer_unavailable');
    await pass(1000);
    const trial = run(tokenRequest('c'));
    await settle();
    arrived[1]?.answer(200);
    expect(await trial).toBe(200);
  });

  test('lets one request try, and all of them once that went well', async () => {
    const { arrived, run, settle, pass } = createScriptedIssuer({ breakerFailures: 1 });
    void run(tokenRequest('a'));
    await settle();
    arrived[0]?.answer(500);
    await pass(1000);
    const trial = run(tokenRequest('b'));
    expect(await run(tokenRequest('c'))).toBe('issuer_unavailable');
    arrived[1]?.answer(401);
    expect(await trial).toBe(401);
    void run(tokenRequest('d'));
    await settle();
    expect(arrived.map(({ clientId }) => clientId)).toEqual(['a', 'b', 'd']);
  });
});

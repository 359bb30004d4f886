import { describe, expect, test } from 'vitest';
import { tokenRequest } from '../minting.ts';
import { createScriptedIssuer } from './scripted-issuer.ts';

const known = (id = 'known') => tokenRequest(id, 'right secret');

describe('a flood of wrong secrets', () => {
  test('leaves places for clients that have worked before', async () => {
    const { budget, arrived, run, settle } = createScriptedIssuer({ concurrency: 4 });
    budget.learn(known(), true);
    for (let count = 0; count < 100; count += 1) void run(tokenRequest(`attacker ${count}`, 'guess'));
    await settle();
    expect(arrived.length).toBe(3);
    void run(known());
    await settle();
    expect(arrived.at(-1)?.clientId).toBe('known');
  });

  test('leaves a part of the rate to them', async () => {
    const { budget, arrived, run, settle, pass } = createScriptedIssuer({ concurrency: 100, rate: 10, burst: 8 });
    budget.learn(known(), true);
    for (let count = 0; count < 100; count += 1) void run(tokenRequest(`attacker ${count}`, 'guess'));
    await pass(3000);
    const before = arrived.length;
    expect(before).toBeGreaterThan(30);
    void run(known());
    void run(known());
    await settle();
    expect(arrived.slice(before).map(({ clientId }) => clientId)).toEqual(['known', 'known']);
  });

  test('under the id of a client does not touch that client', async () => {
    const { budget, arrived, run, settle } = createScriptedIssuer({ concurrency: 4 });
    budget.learn(known('victim'), true);
    for (let count = 0; count < 100; count += 1) void run(tokenRequest('victim', `guess ${count}`));
    await settle();
    const before = arrived.length;
    void run(known('victim'));
    await settle();
    expect(arrived.length).toBe(before + 1);
  });

  test('under one id waits behind newcomers of other ids', async () => {
    const { arrived, run, settle } = createScriptedIssuer({ concurrency: 1 });
    for (let count = 0; count < 100; count += 1) void run(tokenRequest('attacker', `guess ${count}`));
    void run(tokenRequest('newcomer', 'right secret'));
    for (let served = 0; served < 2; served += 1) {
      await settle();
      arrived.at(-1)?.answer(401);
    }
    await settle();
    expect(arrived.map(({ clientId }) => clientId)).toContain('newcomer');
  });

  test('that makes the issuer fail or throttle leaves working clients their breaker', async () => {
    const { budget, arrived, run, settle, changes } = createScriptedIssuer({ breakerFailures: 2 });
    budget.learn(known(), true);
    void run(tokenRequest('attacker', 'guess'));
    await settle();
    arrived[0]?.answer(429, 30_000);
    await settle();
    expect(changes).toEqual([['unknown', 'open']]);
    const outcome = run(known());
    await settle();
    arrived[1]?.answer(200);
    expect(await outcome).toBe(200);
  });
});

describe('clients that have worked before', () => {
  test('cannot lock newcomers out', async () => {
    const { budget, arrived, run, pass } = createScriptedIssuer({ concurrency: 100, rate: 10, burst: 8 });
    budget.learn(known(), true);
    for (let count = 0; count < 200; count += 1) void run(known());
    void run(tokenRequest('newcomer'));
    await pass(1000);
    expect(arrived.map(({ clientId }) => clientId)).toContain('newcomer');
  });

  test('are strangers again once they were refused', async () => {
    const { budget, arrived, run, settle } = createScriptedIssuer({ concurrency: 4 });
    budget.learn(known(), true);
    budget.learn(known(), false);
    for (let count = 0; count < 3; count += 1) void run(tokenRequest(`attacker ${count}`));
    void run(known());
    await settle();
    expect(arrived.length).toBe(3);
  });
});

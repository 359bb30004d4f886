import { beforeEach, describe, expect, test } from 'vitest';
import { MemorySingleFlight } from '../../../control/cache/memory-single-flight.ts';
import { MemoryStore } from '../../../control/cache/memory-store.ts';
import type { HeldToken } from '../../../control/decide/held-token.ts';
import { createObtainToken, type ObtainToken, type Refusal } from '../../../control/decide/obtain-token.ts';
import type { Token, TokenRequest } from '../../../control/decide/ports.ts';
import type { Lookup } from '../../../control/decide/token-events.ts';
import { BrokerError, type ErrorCode } from '../../../control/errors.ts';
import { Secret } from '../../../control/secret.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tokenOf } from '../boot.ts';

const REQUEST: TokenRequest = {
  issuer: 'dex',
  grant: 'client_credentials',
  clientId: 'app',
  clientSecret: new Secret('app-secret'),
  scope: undefined,
};

/** A token request that is under way until the test answers it. */
interface UnderWay {
  grant(lifetime?: number): void;
  refuse(code: ErrorCode): void;
}

let clock: ManualClock;
let underWay: UnderWay[];
let asked: number;
let lookups: Lookup[];
let refreshes: (ErrorCode | 'token')[];
let obtain: ObtainToken;
let tokens: MemoryStore<HeldToken>;

beforeEach(() => {
  clock = new ManualClock();
  [underWay, asked, lookups, refreshes] = [[], 0, [], []];
  const store = { maximumEntries: 100, cleanupInterval: 0, clock };
  tokens = new MemoryStore<HeldToken>(store);
  const mint = () =>
    new Promise<Token>((resolve, reject) => {
      asked += 1;
      const [number, obtainedAt] = [asked, clock.now()];
      underWay.push({
        grant: (lifetime = 100) =>
          resolve(tokenOf({ access_token: `token-${number}`, expires_in: lifetime }, obtainedAt)),
        refuse: (code) => reject(new BrokerError(code)),
      });
    });
  obtain = createObtainToken({
    minter: { mint },
    tokens,
    refusals: new MemoryStore<Refusal>(store),
    flights: new MemorySingleFlight<HeldToken>(),
    clock,
    safetyMargin: 30_000,
    events: {
      lookedUp: (lookup) => lookups.push(lookup),
      refreshed: (_issuer, error) => refreshes.push(error?.code ?? 'token'),
    },
  });
});

/** Lets everything run that does not wait for a test. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
/** The newest token request under way, which must exist. */
const issuer = (): UnderWay => underWay.at(-1) as UnderWay;

async function ask(rejected?: string, key = 'key'): Promise<string> {
  const obtained = await obtain(key, REQUEST, { rejected });
  return obtained.kind === 'token' ? obtained.held.token.accessToken.reveal() : (obtained.error as BrokerError).code;
}

/** Asks as a filter does that refreshes behind a request. */
async function askToRefresh(held: string | undefined): Promise<string> {
  const obtained = await obtain('key', REQUEST, { held });
  return obtained.kind === 'token' ? obtained.held.token.accessToken.reveal() : (obtained.error as BrokerError).code;
}

/** Asks, and answers the token request that this leads to. */
async function askAndGrant(lifetime?: number, rejected?: string): Promise<string> {
  const answer = ask(rejected);
  await settle();
  issuer().grant(lifetime);
  return answer;
}

/** The digest of the token held. */
const heldDigest = async () => (await tokens.get('key'))?.token.digest;

describe('a miss', () => {
  test('asks the issuer once for all who wait', async () => {
    const answers = Promise.all([ask(), ask(), ask()]);
    await settle();
    issuer().grant();
    expect(await answers).toEqual(['token-1', 'token-1', 'token-1']);
    expect(asked).toBe(1);
  });

  test('is followed by hits until the token is due', async () => {
    await askAndGrant();
    clock.advance(59_000);
    expect(await ask()).toBe('token-1');
    expect(lookups).toEqual(['miss', 'hit']);
  });

  test('gives all who wait the same refusal, and nothing is left behind', async () => {
    const answers = Promise.all([ask(), ask()]);
    await settle();
    issuer().refuse('issuer_unavailable');
    expect(await answers).toEqual(['issuer_unavailable', 'issuer_unavailable']);
    expect(await askAndGrant()).toBe('token-2');
  });

  test('refuses a token that has expired on its way', async () => {
    const answer = ask();
    await settle();
    clock.advance(10_000);
    issuer().grant(10);
    expect(await answer).toBe('invalid_token_response');
  });
});

describe('a token that is held', () => {
  test('is never given out past its limit, by either clock', async () => {
    await askAndGrant(100);
    clock.advance(79_999);
    expect(await ask()).toBe('token-1');
    clock.stepWall(-3_600_000);
    clock.advance(1);
    const late = ask();
    await settle();
    // The refresh behind the request above is still under way, and is what this one waits for.
    underWay[1]?.grant();
    expect(await late).toBe('token-2');
  });

  test('is refreshed behind the requests once three quarters of its time are over', async () => {
    await askAndGrant(100);
    clock.advance(60_000);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['token-1', 'token-1', 'token-1']);
    await settle();
    expect(asked).toBe(2);
    issuer().grant();
    await settle();
    expect(await ask()).toBe('token-2');
    expect(refreshes).toEqual(['token']);
  });

  test('stays when a refresh fails, which is tried again at intervals', async () => {
    await askAndGrant(100);
    clock.advance(60_000);
    await ask();
    await settle();
    issuer().refuse('issuer_unavailable');
    await settle();
    for (const wait of [0, 1000, 999]) {
      clock.advance(wait);
      expect(await ask()).toBe('token-1');
      await settle();
    }
    expect([asked, refreshes]).toEqual([2, ['issuer_unavailable']]);
    clock.advance(1);
    await ask();
    await settle();
    expect(asked).toBe(3);
  });

  test('stays even when the issuer refuses the credentials behind it', async () => {
    await askAndGrant(100);
    clock.advance(60_000);
    await ask();
    await settle();
    issuer().refuse('credentials_rejected');
    await settle();
    expect(await ask()).toBe('token-1');
  });
});

describe('a refusal of credentials', () => {
  test('is believed for ten seconds, by both clocks', async () => {
    const first = ask();
    await settle();
    issuer().refuse('credentials_rejected');
    expect(await first).toBe('credentials_rejected');
    clock.advance(9999);
    clock.stepWall(-3_600_000);
    expect(await ask()).toBe('credentials_rejected');
    expect(asked).toBe(1);
    clock.advance(1);
    expect(await askAndGrant()).toBe('token-2');
  });

  test('does not touch other credentials', async () => {
    const wrong = ask(undefined, 'wrong');
    await settle();
    issuer().refuse('credentials_rejected');
    await wrong;
    expect(await askAndGrant()).toBe('token-2');
  });
});

describe('a token that the backend refused', () => {
  test('is replaced for the one who asks and for all others', async () => {
    await askAndGrant();
    const rejected = await heldDigest();
    const replaced = Promise.all([ask(rejected), ask(rejected)]);
    await settle();
    issuer().grant();
    expect(await replaced).toEqual(['token-2', 'token-2']);
    expect(await ask()).toBe('token-2');
    expect(await ask(rejected)).toBe('token-2');
    expect(asked).toBe(2);
  });

  test('is replaced at most once in two seconds, however many are refused', async () => {
    await askAndGrant();
    const first = await heldDigest();
    await askAndGrant(100, first);
    const second = await heldDigest();
    clock.advance(1999);
    expect(await ask(second)).toBe('token-2');
    clock.advance(1);
    expect(await askAndGrant(100, second)).toBe('token-3');
  });

  test('stays for others when there is no other to be had', async () => {
    await askAndGrant();
    const rejected = await heldDigest();
    const replaced = ask(rejected);
    await settle();
    issuer().refuse('issuer_unavailable');
    expect(await replaced).toBe('issuer_unavailable');
    expect(await ask()).toBe('token-1');
  });

  test('is gone when the issuer refuses the credentials too', async () => {
    await askAndGrant();
    const rejected = await heldDigest();
    const replaced = ask(rejected);
    await settle();
    issuer().refuse('credentials_rejected');
    expect(await replaced).toBe('credentials_rejected');
    expect(await ask()).toBe('credentials_rejected');
    expect(asked).toBe(2);
  });
});

test('a store that fails ends in an answer, not in an exception', async () => {
  tokens.get = () => Promise.reject(new Error('the store is down'));
  const obtained = await obtain('key', REQUEST);
  expect(obtained).toMatchObject({ kind: 'refused' });
});

describe('a cache that refreshes a token behind its requests', () => {
  test('gets the next token once it is due, and all who ask meanwhile get the same', async () => {
    await askAndGrant();
    const held = await heldDigest();
    expect(await askToRefresh(held)).toBe('token-1');
    expect(asked).toBe(1);
    clock.advance(61_000);
    const answers = Promise.all([askToRefresh(held), askToRefresh(held)]);
    await settle();
    issuer().grant();
    expect(await answers).toEqual(['token-2', 'token-2']);
    expect([asked, refreshes]).toEqual([2, ['token']]);
  });

  test('gets the old one again when there is no next', async () => {
    await askAndGrant();
    const held = await heldDigest();
    clock.advance(61_000);
    const answer = askToRefresh(held);
    await settle();
    issuer().refuse('issuer_unavailable');
    expect(await answer).toBe('token-1');
    expect(await askToRefresh(held)).toBe('token-1');
    expect(asked).toBe(2);
  });

  test('does not wait when control already has another', async () => {
    await askAndGrant();
    clock.advance(61_000);
    expect(await askToRefresh('0'.repeat(64))).toBe('token-1');
  });
});

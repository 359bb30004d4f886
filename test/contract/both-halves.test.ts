import { expect, test } from 'vitest';
import { boot } from '../control/boot.ts';
import { SimulatedHost } from '../host/simulated-host.ts';
import { authorizationOf, type Headers, value } from '../host/worker.ts';

type Booted = ReturnType<typeof boot>;

/** A filter whose callouts control itself answers, without a port between them. */
class Pair {
  readonly filter = new SimulatedHost();
  readonly root: number;
  readonly #control: Booted;

  constructor(control: Booted) {
    this.#control = control;
    this.root = this.filter.configure({ cluster: 'control' });
  }

  /** Lets control answer everything that is asked, until nothing is. */
  async settle(): Promise<void> {
    this.filter.clock.advance(100);
    this.filter.tick(this.root);
    for (let [callout] = this.filter.callouts(); callout !== undefined; [callout] = this.filter.callouts()) {
      const given = await this.#control.filter?.inject({
        method: value(callout.headers, ':method') as 'GET' | 'POST',
        url: value(callout.headers, ':path') ?? '',
        headers: Object.fromEntries(callout.headers.filter(([name]) => !name.startsWith(':'))),
      });
      const headers = Object.entries(given?.headers ?? {}).map(([name, text]): [string, string] => [
        name,
        String(text),
      ]);
      this.filter.answer(callout, [[':status', String(given?.statusCode)], ...headers], given?.rawPayload ?? '');
    }
  }

  request(headers: Headers, path = '/') {
    const line: Headers = [
      [':authority', 'api.example.com'],
      [':path', path],
      [':method', 'GET'],
    ];
    return this.filter.request(this.root, [...line, ...headers]);
  }
}

test('the table and the decisions of control are what the filter works by', async () => {
  const control = boot({ issuer: () => ({ access_token: 'a-token', expires_in: 300 }) });
  const pair = new Pair(control);
  const credentials: Headers = [
    ['x-client-id', 'app'],
    ['x-client-secret', 'app-secret'],
  ];
  const miss = pair.request(credentials);
  await pair.settle();
  expect(authorizationOf(miss)).toBe('Bearer a-token');
  const hit = pair.request(credentials);
  expect(authorizationOf(hit)).toBe('Bearer a-token');
  expect(value(hit.requestHeaders, 'x-client-secret')).toBeUndefined();

  const refused = pair.request([['x-client-id', 'app']]);
  await pair.settle();
  expect(refused.response).toMatchObject({ status: 401, body: 'missing credentials\n' });
  const tooLong = pair.request([['x-client-id', 'a'.repeat(257)]]);
  expect(tooLong.response).toMatchObject({ status: 400, body: 'X-Client-Id too long\n' });
  await control.close();
});

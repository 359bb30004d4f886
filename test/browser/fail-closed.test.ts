import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { loginFilter, writeSecrets } from '../../tools/login/envoy-configuration.ts';
import { makePerson } from '../../tools/login/people.ts';
import { Visitor } from '../../tools/login/visitor.ts';
import { useLogin } from './support/use-login.ts';

const alice = makePerson('Alice');
const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-no-secrets-'));
const FIELDS = { login: alice.email, password: alice.password, action: 'log-in' };

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function visitor(): Visitor {
  const created = new Visitor();
  onTestFinished(() => created.stop());
  return created;
}

describe('without its secrets', () => {
  const login = useLogin({ kind: 'embedded', people: [alice], configure: loseSecret });

  test('Envoy starts, and lets nobody through or in', async () => {
    const { backend, origin } = login();
    for (const path of ['/orders/7', '/oauth2/callback?code=a&state=b', '/oauth2/sign-out']) {
      expect((await visitor().open(origin + path)).status).toBe(503);
    }
    expect(backend.requests).toEqual([]);
  });
});

describe('a login whose token is for somebody else', () => {
  const login = useLogin({ kind: 'embedded', people: [alice], configure: expectOtherAudience });

  test('is a session that leads nowhere, with a way out', async () => {
    const { backend, origin } = login();
    const person = visitor();
    const page = await person.submit(await person.open(`${origin}/orders/7`), FIELDS);
    expect(page.status).toBe(403);
    expect(page.body).toContain('href="/oauth2/sign-out"');
    expect(backend.requests).toEqual([]);
  });
});

describe('while the identity provider does not answer', () => {
  const login = useLogin({ kind: 'embedded', people: [alice], tokenLifetimeSeconds: 60 });

  test('who is logged in goes on, and nobody else gets in', async () => {
    const { backend, control, origin, provider } = login();
    const person = visitor();
    await person.submit(await person.open(`${origin}/orders/7`), FIELDS);
    expect((await person.open(`${origin}/orders/8`)).status).toBe(200);
    await provider.stop();
    expect((await person.open(`${origin}/orders/9`)).status).toBe(200);
    person.cookies.forget(new URL(origin), '__Host-login-hmac');
    expect(await person.fetch(`${origin}/orders/10`)).toMatchObject({ status: 401 });
    expect(await visitor().fetch(`${origin}/orders/10`)).toMatchObject({ status: 401 });
    expect(backend.last().path).toBe('/orders/9');
    await control.stop();
    await eventually(async () => expect((await visitor().fetch(`${origin}/orders/11`)).status).toBe(401));
    expect(backend.last().path).toBe('/orders/9');
  });
});

function loseSecret(configuration: EnvoyConfiguration): void {
  // Its SDS file names one that nobody has made yet, as the shipped one does.
  const { cookieKey } = writeSecrets(directory, {});
  loginFilter(configuration).credentials.hmac_secret.sds_config.path_config_source.path = cookieKey;
}

function expectOtherAudience(configuration: EnvoyConfiguration): void {
  const filter = configuration.httpFilters().find(({ name }) => name === 'envoy.filters.http.jwt_authn');
  filter.typed_config.providers.login.audiences = ['https://elsewhere.example'];
}

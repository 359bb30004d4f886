import { describe, expect, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { makePerson } from '../../tools/login/people.ts';
import { createCertificateAuthority } from '../support/certificates.ts';
import { useLogin } from './support/use-login.ts';
import { COOKIES } from './support/visit.ts';

const alice = makePerson('Alice');
const HTTP2 = 'h2';

describe('over TLS and HTTP/2', () => {
  const login = useLogin({ kind: 'embedded', people: [alice], scheme: 'https', configure: endTls });

  test('a login, its session and its end are the same', async () => {
    const { backend, origin, provider, visit } = login();
    const person = await visit();
    await person.context.addCookies([{ name: 'theme', value: 'dark', url: origin }]);
    await person.arrive(alice, '/orders/7?view=full');
    const protocol = 'performance.getEntriesByType("navigation")[0].nextHopProtocol';
    expect(await person.page.evaluate(protocol)).toBe(HTTP2);
    // HTTP/2 sends each cookie in a field of its own (RFC 9113 section 8.2.3).
    expect(backend.last().headers.cookie).toBe('theme=dark');
    await person.context.clearCookies({ name: COOKIES.hmac });
    person.takeNavigations();
    expect((await person.open('/orders/8')).status()).toBe(200);
    expect(person.takeNavigations()).toHaveLength(1);
    expect(backend.last().headers.cookie).toBe('theme=dark');
    await person.page.getByRole('link', { name: 'Sign out' }).click();
    await person.page.getByRole('button', { name: 'Sign out' }).click();
    await person.page.waitForSelector('#login');
    expect(new URL(person.page.url()).origin).toBe(provider.issuer);
  });

  test('a login begins under the one name that it has', async () => {
    const { origin, visit } = login();
    const person = await visit();
    await person.page.goto(`${origin.replace('localhost', '127.0.0.1')}/orders/7`);
    await person.logIn(alice);
    await person.page.waitForURL(`${origin}/orders/7`);
  });
});

function endTls(configuration: EnvoyConfiguration): void {
  const { certificate, key } = createCertificateAuthority().issue('localhost');
  configuration.listener().filter_chains[0].transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: [HTTP2, 'http/1.1'],
        tls_certificates: [{ certificate_chain: { inline_string: certificate }, private_key: { inline_string: key } }],
      },
    },
  };
}

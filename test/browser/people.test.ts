import { describe, expect, test } from 'vitest';
import { claimsReceived } from '../../tools/login/backend-page.ts';
import { makePerson } from '../../tools/login/people.ts';
import { PROVIDERS, useLogin } from './support/use-login.ts';

const [alice, carol] = [makePerson('Alice'), makePerson('Carol')];

describe.each(PROVIDERS)('at %s', (kind) => {
  const login = useLogin({ kind, people: [alice, carol] });

  test('two people in two browsers each have a token of their own, however their requests mingle', async () => {
    const { backend, visit } = login();
    const [first, second] = [await visit(), await visit()];
    await first.arrive(alice);
    await second.arrive(carol);
    expect([await first.heading(), await second.heading()]).toEqual([
      expect.stringMatching(/alice/i),
      expect.stringMatching(/carol/i),
    ]);
    const numbers = Array.from({ length: 15 }, (_, i) => i);
    const answers = await Promise.all(
      numbers.flatMap((i) => [first.fetch(`/alice/orders/${i}`), second.fetch(`/carol/orders/${i}`)]),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    for (const person of [alice, carol]) {
      const received = backend.requests.filter(({ path }) => path.startsWith(`/${person.id}/`));
      expect(received).toHaveLength(numbers.length);
      const [claims, ...others] = new Set(received.map((request) => JSON.stringify(claimsReceived(request))));
      expect(others).toEqual([]);
      expect(JSON.parse(claims ?? '{}')).toMatchObject(kind === 'dex' ? { email: person.email } : { sub: person.id });
    }
  });

  test('a link that was opened in two tabs at once leads each of them to its own page', async () => {
    const { origin, visit } = login();
    const person = await visit();
    const other = await person.context.newPage();
    await Promise.all([person.open('/orders/1?tab=first'), person.open('/orders/2?tab=second', other)]);
    await person.logIn(alice);
    await person.page.waitForURL(`${origin}/orders/1?tab=first`);
    await person.logIn(alice, other);
    await other.waitForURL(`${origin}/orders/2?tab=second`);
    expect([await person.heading(), await person.heading(other)]).toEqual([
      expect.stringMatching(/alice/i),
      expect.stringMatching(/alice/i),
    ]);
    const leftovers = [...(await person.cookies()).keys()].filter((name) => /nonce|verifier/.test(name));
    expect(leftovers).toEqual([]);
  });
});

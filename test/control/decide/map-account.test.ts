import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountRule, AccountRules } from '../../../control/config/kubernetes.ts';
import { mapAccount } from '../../../control/decide/map-account.ts';

const SAME: AccountRule = rule();
const ANY = { allow: ['*'], deny: [] };
const denied = { namespaces: { allow: ['*'], deny: ['kube-*'] } };

function rule(from: Partial<AccountRule['from']> = {}, to: Partial<AccountRule['to']> = {}): AccountRule {
  return {
    from: { source: undefined, namespace: '*', name: '*', ...from },
    to: { namespace: '{namespace}', name: '{name}', ...to },
  };
}

function becomes(caller: string, rules: Partial<AccountRules> = {}): string | undefined {
  const [source = '', namespace = '', name = ''] = caller.split('/');
  const account = mapAccount({ namespaces: ANY, names: ANY, map: [SAME], ...rules }, { source, namespace, name });
  return account && `${account.namespace}/${account.name}`;
}

describe('an account becomes', () => {
  test('the one of the same namespace and name', () => expect(becomes('w/shop/cart')).toBe('shop/cart'));

  test('what the first rule about it says', () => {
    const map = [
      rule({ namespace: 'shop', name: 'cart' }, { namespace: 'prod', name: 'basket' }),
      rule({ namespace: 'shop' }, { namespace: 'prod-{namespace}' }),
      rule({ source: 'w' }, { namespace: 'from-{source}', name: '{namespace}.{name}' }),
    ];
    expect(becomes('w/shop/cart', { map })).toBe('prod/basket');
    expect(becomes('w/shop/till', { map })).toBe('prod-shop/till');
    expect(becomes('w/other/cart', { map })).toBe('from-w/other.cart');
    expect(becomes('x/other/cart', { map })).toBeUndefined();
  });
});

describe('nothing is asked for', () => {
  test.each<[string, Partial<AccountRules>]>([
    ['its namespace is not allowed', { namespaces: { allow: ['shop-*', 'sho'], deny: [] } }],
    ['its name is not allowed', { names: { allow: ['cart2', 'ca'], deny: [] } }],
    ['its namespace is denied', { namespaces: { allow: ['*'], deny: ['sh*'] } }],
    ['its name is denied', { names: { allow: ['*'], deny: ['cart'] } }],
    ['no rule is about it', { map: [rule({ namespace: 'other' })] }],
    ['it would become an account in a denied namespace', { ...denied, map: [rule({}, { namespace: 'kube-system' })] }],
    [
      'it would become an account of a denied name',
      { names: { allow: ['*'], deny: ['admin'] }, map: [rule({}, { name: 'admin' })] },
    ],
    ['it would become what no account is called', { map: [rule({}, { namespace: 'a.b' })] }],
    ['the name would be too long', { map: [rule({}, { namespace: '{namespace}-'.repeat(20) })] }],
  ])('where %s', (_case, rules) => {
    expect(becomes('w/shop/cart', rules)).toBeUndefined();
  });
});

test('whatever the rules, what is denied is never asked for, and every account can exist', () => {
  const word = fc.constantFrom('a', 'ab', 'b', 'kube-system', 'a.b', 'A', '-', '');
  const pattern = fc.oneof(
    word,
    word.map((text) => `${text}*`),
  );
  const lists = fc.record({ allow: fc.array(pattern), deny: fc.array(pattern) });
  const template = fc
    .array(fc.constantFrom('a', 'kube-', 'system', '{source}', '{namespace}', '{name}'))
    .map((parts) => parts.join(''));
  const from = fc.record({ source: fc.option(word, { nil: undefined }), namespace: pattern, name: pattern });
  const rules = fc.record({
    namespaces: lists,
    names: lists,
    map: fc.array(fc.record({ from, to: fc.record({ namespace: template, name: template }) })),
  });
  const isDenied = (deny: readonly string[], name: string) =>
    deny.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name));
  fc.assert(
    fc.property(rules, fc.record({ source: word, namespace: word, name: word }), (given, caller) => {
      const account = mapAccount(given, caller);
      if (account === undefined) return;
      for (const { namespace, name } of [caller, account]) {
        expect(isDenied(given.namespaces.deny, namespace) || isDenied(given.names.deny, name)).toBe(false);
      }
      expect(account.namespace).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    }),
    { numRuns: 2000 },
  );
});

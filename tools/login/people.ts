import { randomUUID } from 'node:crypto';

/** Two people of the demonstration: one of the group that the application is for, and one who is not. */
export const PEOPLE = {
  alice: {
    id: 'alice',
    name: 'Alice Adams',
    email: 'alice@shop.example',
    password: 'alice-password',
    groups: ['shop-users', 'staff'],
  },
  bob: { id: 'bob', name: 'Bob Brown', email: 'bob@shop.example', password: 'bob-password', groups: ['staff'] },
} as const;

/** Another member of the group, whose password nobody else knows. */
export function makePerson(name: string, groups: readonly string[] = ['shop-users']): Person {
  const id = name.toLowerCase();
  return { id, name, email: `${id}@shop.example`, password: randomUUID(), groups };
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly groups: readonly string[];
}

import { timingSafeEqual } from 'node:crypto';

/** Somebody who can log in. The password is clear text, because these are people of a demonstration. */
export interface Person {
  /** `sub` of the tokens. */
  readonly id: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** What each scope adds to an ID token and to the answer of the userinfo endpoint (OpenID Connect Core section 5.4). */
export const CLAIMS_OF_SCOPES: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub'],
  profile: ['name'],
  email: ['email'],
  groups: ['groups'],
};

/** The people that the server knows. */
export class People {
  readonly #people: readonly Person[];

  constructor(people: readonly Person[]) {
    this.#people = people;
  }

  find(id: string): Person | undefined {
    return this.#people.find((person) => person.id === id);
  }

  /** Finds whoever has that id or e-mail address, and that password. */
  authenticate(login: string, password: string): Person | undefined {
    const person = this.#people.find(({ id, email }) => id === login || email === login);
    return person !== undefined && isSame(person.password, password) ? person : undefined;
  }
}

/** What tokens may say about a person. */
export function claimsOf({ id, name, email, groups }: Person): { sub: string } & Record<string, unknown> {
  return { sub: id, name, email, groups };
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';

/** Waits until a new token would differ from this one: Dex's carry nothing but times of whole seconds to tell them apart. */
export async function leaveSecondOf(token: string): Promise<void> {
  const { iat = 0 } = decodeJwt(token);
  await eventually(() => expect(Math.floor(Date.now() / 1000)).toBeGreaterThan(iat));
}

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '../../secret.ts';

const FORMAT = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;

interface SealingKey {
  /** Says which key sealed something, and nothing of the key. */
  readonly id: Buffer;
  readonly root: Buffer;
}

/**
 * Seals with AES-256-GCM what leaves the process: format (1 byte), key id (4), nonce (12), ciphertext, tag (16). Each name
 * has a key of its own, so that random nonces never meet (NIST SP 800-38D section 8.3 bounds them for each key), and the name
 * is authenticated: the server cannot pass one entry off as another.
 */
export class Sealer {
  readonly #keys: readonly SealingKey[];

  /** @param keys the first seals, all of them open; one or more */
  constructor(keys: readonly Secret[]) {
    this.#keys = keys.map((key) => {
      const derive = (purpose: string) =>
        createHmac('sha256', key.reveal()).update(`envoy-token-broker shared cache ${purpose} 1`).digest();
      return { id: derive('key id').subarray(0, KEY_ID_BYTES), root: derive('seal') };
    });
  }

  seal(name: string, content: Buffer): Buffer {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('there is no key to seal with');
    const nonce = randomBytes(NONCE_BYTES);
    const header = Buffer.concat([Buffer.from([FORMAT]), key.id, nonce]);
    const cipher = createCipheriv('aes-256-gcm', keyOf(key, name), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(header, name));
    return Buffer.concat([header, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  }

  /** @returns undefined for what was not sealed under this name by one of the keys */
  open(name: string, sealed: Buffer): Buffer | undefined {
    if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return undefined;
    const header = sealed.subarray(0, HEADER_BYTES);
    const id = header.subarray(1, 1 + KEY_ID_BYTES);
    const tag = sealed.subarray(sealed.length - TAG_BYTES);
    for (const key of this.#keys.filter((candidate) => candidate.id.equals(id))) {
      const nonce = header.subarray(1 + KEY_ID_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', keyOf(key, name), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(header, name)).setAuthTag(tag);
      try {
        return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        // Not by this key, or changed on the way.
      }
    }
    return undefined;
  }
}

function keyOf({ root }: SealingKey, name: string): Buffer {
  return createHmac('sha256', root).update(name).digest();
}

function associatedData(header: Buffer, name: string): Buffer {
  return Buffer.concat([header, Buffer.from(name, 'utf8')]);
}

/** Everything that was written somewhere during a test, by where. */
export type Written = Record<string, string>;

/** Secrets that a test sent or received, to be searched for wherever something is written. */
export class PlantedSecrets {
  readonly #secrets = new Map<string, string>();

  /** Remembers a secret under a name that may be printed. */
  plant(name: string, secret: string): string {
    this.#secrets.set(name, secret);
    return secret;
  }

  /** Lists what leaked, as `<name of the secret> in <place>`, in clear text or in an encoding that is easily undone. */
  findIn(written: Written): string[] {
    const found: string[] = [];
    for (const [place, content] of Object.entries(written)) {
      for (const [name, secret] of this.#secrets) {
        const leaks = encodings(secret).some((encoded) => content.includes(encoded));
        if (leaks) found.push(`${name} in ${place}`);
      }
    }
    return found;
  }
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
}

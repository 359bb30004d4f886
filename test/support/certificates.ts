import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

/** A certificate authority for one test run. */
export interface CertificateAuthority extends Certificate {
  /** Signs a certificate, good for a day as server and as client, for DNS names, URIs and for 127.0.0.1. */
  issue(...names: readonly [string, ...string[]]): Certificate;
}

/** Makes an authority with ECDSA P-256 keys. Node can read X.509 (RFC 5280) but not write it, hence the DER below. */
export function createCertificateAuthority(name = 'test authority'): CertificateAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const self = { name, keys };
  return {
    ...encode(self, self, [basicConstraints()]),
    issue: (...names) => {
      const subject = { name: names[0], keys: generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
      return encode(subject, self, [subjectAlternativeNames(names)]);
    },
  };
}

interface Party {
  readonly name: string;
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

const DAY = 24 * 60 * 60 * 1000;
const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'));

/** RFC 5280 section 4.1. */
function encode(subject: Party, issuer: Party, extensions: readonly Buffer[]): Certificate {
  const now = Date.now();
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(now - DAY), time(now + DAY)),
    distinguishedName(subject.name),
    subject.keys.publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', unsigned, issuer.keys.privateKey);
  const certificate = sequence(unsigned, ECDSA_WITH_SHA256, bitString(signature));
  return {
    certificate: new X509Certificate(certificate).toString(),
    key: subject.keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** A common name alone. */
function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(identifier('550403'), der(0x0c, Buffer.from(name)))));
}

/** Marks an authority: critical, `cA` true. */
function basicConstraints(): Buffer {
  const yes = der(0x01, Buffer.from([0xff]));
  return sequence(identifier('551d13'), yes, der(0x04, sequence(yes)));
}

function subjectAlternativeNames(names: readonly string[]): Buffer {
  const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));
  const list = names.map((name) => der(name.includes('://') ? 0x86 : 0x82, Buffer.from(name)));
  return sequence(identifier('551d11'), der(0x04, sequence(...list, loopback)));
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x18, Buffer.from(digits));
}

function identifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function bitString(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

/** Tag, length, value (X.690 section 8.1). */
function der(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const significant = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, content]);
}

import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Booted, boot } from '../../boot.ts';
import { listenGrpc } from './connect.ts';

const PATH = '/envoy.service.auth.v3.Authorization/Check';

let booted: Booted;
let client: Client;

beforeAll(async () => {
  booted = boot({ environment: { GRPC_LISTEN_ADDR: '127.0.0.1:0', STATIC_CLIENT_ID: 'a', STATIC_CLIENT_SECRET: 'b' } });
  client = new Client(await listenGrpc(booted), credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await booted.close();
});

/** Sends bytes as they are. */
function send(message: Buffer): Promise<{ error: ServiceError } | { answer: Buffer }> {
  const asTheyAre = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(PATH, asTheyAre, asTheyAre, message, (error, answer) =>
      resolve(error === null ? { answer: answer as Buffer } : { error }),
    );
  });
}

/** A length-delimited field of a protobuf message. */
function field(number: number, content: Buffer): Buffer {
  const head = [(number << 3) | 2];
  let length = content.length;
  for (; length > 0x7f; length >>= 7) head.push((length & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, length]), content]);
}

test('whatever bytes come, no request goes on and the server stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const outcome = await send(Buffer.from(bytes));
      if ('error' in outcome) expect(outcome.error.code).toBe(13);
      // CheckResponse: status { code: 3 }, because no HTTP request is in it.
      else expect(outcome.answer.subarray(0, 4)).toEqual(Buffer.from([0x0a, 0x02, 0x08, 0x03]));
    }),
    { numRuns: 300 },
  );
  expect(booted.tokenRequests).toEqual([]);
});

test('metadata that is nested deeper than any stack is refused', async () => {
  // google.protobuf.Value: struct_value (5) with one field (1) whose value (2) is the one before.
  let nested: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 2_000; depth++) {
    nested = field(5, field(1, field(2, nested)));
  }
  const namespace = field(1, Buffer.concat([field(2, field(1, field(2, nested)))]));
  const outcome = await send(field(1, field(11, namespace)));
  expect('error' in outcome ? outcome.error.code : outcome.answer[3]).toBe(13);
});

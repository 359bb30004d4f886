import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { CheckClient } from '../../../support/check-client.ts';
import { type Booted, boot } from '../../boot.ts';
import { connectGrpc } from './connect.ts';

const SERVICE = 'envoy.service.auth.v3.Authorization';

let booted: Booted;
let client: CheckClient;

async function start() {
  booted = boot({ environment: { GRPC_LISTEN_ADDR: '127.0.0.1:0' } });
  client = await connectGrpc(booted);
}

afterEach(async () => {
  client.close();
  await booted.close();
});

test.each(['', SERVICE])('the health of "%s" is that of /readyz', async (service) => {
  await start();
  expect(await client.health(service)).toEqual({ status: 2 });
  booted.setReady(true);
  expect(await client.health(service)).toEqual({ status: 1 });
  booted.setReady(false);
  expect(await client.health(service)).toEqual({ status: 2 });
});

test('a service that is not here is not found', async () => {
  await start();
  await expect(client.health('another')).rejects.toMatchObject({ code: 5 });
});

test('whoever watches is told of every change, and let go at the end', async () => {
  await start();
  const watch = client.watch(SERVICE);
  expect(await once(watch, 'data')).toEqual([{ status: 2 }]);
  booted.setReady(true);
  expect(await once(watch, 'data')).toEqual([{ status: 1 }]);
  const stranger = client.watch('another');
  expect(await once(stranger, 'data')).toEqual([{ status: 3 }]);
  const ended = Promise.all([once(watch, 'end'), once(stranger, 'end')]);
  const last = once(watch, 'data');
  stranger.resume();
  await booted.close();
  expect(await last).toEqual([{ status: 2 }]);
  await ended;
});

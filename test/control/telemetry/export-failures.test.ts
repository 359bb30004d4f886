import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../../tools/launch/eventually.ts';
import { CALLER, tracingTo } from './tracing.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A collector that answers with that status, or not at all. */
async function collector(status: () => number | undefined) {
  const requests: number[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      requests.push(request.socket.bytesRead);
      const answer = status();
      if (answer !== undefined) response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

test('a collector that refuses is told of once, and once more when it accepts again', async () => {
  let status = 400;
  const { url, requests } = await collector(() => status);
  const { tracing, told } = await tracingTo(url);
  for (const count of [1, 2, 3]) {
    await tracing.decision('check', CALLER, async () => {});
    await eventually(() => expect(requests).toHaveLength(count));
  }
  await eventually(() => expect(told).toEqual(['failed']));
  status = 200;
  await tracing.decision('check', CALLER, async () => {});
  await eventually(() => expect(told).toEqual(['failed', 'recovered']));
  await tracing.close();
});

test('one that is not there changes no decision', async () => {
  const { tracing, told } = await tracingTo('http://127.0.0.1:9', {}, 1000);
  expect(await tracing.decision('check', CALLER, async () => 'decided')).toBe('decided');
  await eventually(() => expect(told).toEqual(['failed']));
  await tracing.close();
});

test('one that hangs delays neither decisions nor the end for long, and spans beyond the queue are dropped', async () => {
  const { url, requests } = await collector(() => undefined);
  const batch = { scheduledDelayMillis: 10, exportTimeoutMillis: 60_000, maxQueueSize: 4, maxExportBatchSize: 2 };
  const { tracing } = await tracingTo(url, { batch }, 1000);
  for (let i = 0; i < 500; i++) await tracing.decision('check', CALLER, async () => {});
  const start = performance.now();
  await tracing.close();
  expect(performance.now() - start).toBeLessThan(4000);
  // Two spans at a time: what was sent, and what waited; nothing near five hundred.
  expect(requests.length).toBeLessThanOrEqual(10);
});

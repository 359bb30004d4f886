import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { VARIABLES } from '../../control/config/variables.ts';
import { CheckClient, headersIn, rawHeaders } from '../support/check-client.ts';
import { CREDENTIALS } from './boot.ts';

const MAIN = fileURLToPath(new URL('../../control/main.ts', import.meta.url));
const ANY_PORTS = { LISTEN_ADDR: '127.0.0.1:0', FILTER_LISTEN_ADDR: '127.0.0.1:0', ADMIN_LISTEN_ADDR: '127.0.0.1:0' };

const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
  }
});

function start(words: string[], environment: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const lines: string[] = [];
  child.stdout.on('data', (chunk) => lines.push(String(chunk)));
  const errors = text(child.stderr);
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, output: () => lines.join(''), errors, exit };
}

async function finish(words: string[], environment?: Record<string, string>) {
  const { output, errors, exit } = start(words, environment);
  return { code: await exit, output: output(), errors: await errors };
}

describe('the command line', () => {
  test('--help lists every variable with its default', async () => {
    const { code, output } = await finish(['--help']);
    expect(code).toBe(0);
    for (const [name, variable] of Object.entries(VARIABLES)) {
      expect(output).toContain(`  ${name} `);
      expect(output).toContain('default' in variable ? `(${variable.default})` : variable.description);
    }
  });

  test('--version says which one it is', async () => {
    expect(await finish(['--version'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^envoy-token-broker \d+\.\d+\.\d+\n$/),
    });
  });

  test('--check-config says that a configuration is good, and 2 with all its problems when it is not', async () => {
    expect(await finish(['--check-config'])).toMatchObject({ code: 0, output: 'the configuration is good\n' });
    const bad = await finish(['--check-config'], { HTTP_TIMEOUT: 'x', STATIC_CLIENT_SECRET: 'planted\n' });
    expect(bad.code).toBe(2);
    expect(
      bad.errors
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['HTTP_TIMEOUT', 'STATIC_CLIENT_SECRET']);
    expect(bad.errors + bad.output).not.toContain('planted');
  });

  test("--check-config says what is wrong with teams' documents, which would not keep control from starting", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'envoy-token-broker-check-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'policy'));
    writeFileSync(
      join(folder, 'policy/bad.yaml'),
      'version: v1\nentries: [{ match: { host: a.example }, action: deny }]\n',
    );
    const issuers = { dex: { tokenEndpoint: 'https://dex.example/token' } };
    const file = { version: 'v1', issuers, policy: { files: [{ path: join(folder, 'policy') }] } };
    writeFileSync(join(folder, 'control.yaml'), JSON.stringify(file));
    const { code, output, errors } = await finish(['--check-config', '--config', join(folder, 'control.yaml')]);
    expect(code).toBe(2);
    expect(errors).toBe(`file ${join(folder, 'policy/bad.yaml')}: entries[0]: match.pathPrefix: is missing; set it\n`);
    expect(output).not.toContain('the configuration is good');
  });

  test.each([
    ['a bad variable', [], { LOG_LEVEL: 'loud' }],
    ['an option that does not exist', ['--port', '1'], {}],
    ['a file that does not exist', ['--config', '/none.yaml'], {}],
  ])('ends with 2 before it listens, after %s', async (_name, words, environment) => {
    const { code, output, errors } = await finish(words, { ...ANY_PORTS, ...environment });
    expect([code, output]).toEqual([2, '']);
    expect(errors).not.toMatch(/\n {4}at /);
  });

  test('ends with 1 when an address is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, errors } = await finish([], { ...ANY_PORTS, ADMIN_LISTEN_ADDR: `127.0.0.1:${port}` });
    taken.close();
    expect(code).toBe(1);
    expect(errors).toContain(`127.0.0.1:${port}`);
  });
});

describe('the process', () => {
  test('lets requests in flight finish when it is asked to end, and ends', async () => {
    let answer = () => {};
    const issuer = createServer((_request, response) => {
      answer = () => response.end('{"access_token":"late","token_type":"bearer","expires_in":300}');
      response.setHeader('content-type', 'application/json');
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const control = start([], {
      ...ANY_PORTS,
      DEX_TOKEN_URL: `http://127.0.0.1:${port}/token`,
      ALLOW_INSECURE_DEX_URL: 'true',
    });
    await expect.poll(control.output, { timeout: 10_000 }).toContain('"ready"');
    expect(control.output()).toMatch(/"cacheKey":"random, not shared with other replicas","startupMs":\d+/);
    const address = /check listens at (http:\S+?)"/.exec(control.output())?.[1];
    const request = fetch(`${address}/check`, { headers: CREDENTIALS });
    const asked = new Promise((resolve) => issuer.once('request', resolve));
    await asked;
    control.child.kill('SIGTERM');
    await expect.poll(control.output).toContain('shutting down');
    answer();
    expect((await request).headers.get('authorization')).toBe('Bearer late');
    expect(await control.exit).toBe(0);
    expect(control.output()).toContain('"closed"');
    issuer.closeAllConnections();
    issuer.close();
  });

  test('lets calls in flight finish that came over gRPC, with their connection still open', async () => {
    let answer = () => {};
    const issuer = createServer((_request, response) => {
      answer = () => response.end('{"access_token":"late","token_type":"bearer","expires_in":300}');
      response.setHeader('content-type', 'application/json');
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const control = start([], {
      ...ANY_PORTS,
      GRPC_LISTEN_ADDR: '127.0.0.1:0',
      DEX_TOKEN_URL: `http://127.0.0.1:${port}/token`,
      ALLOW_INSECURE_DEX_URL: 'true',
    });
    await expect.poll(control.output, { timeout: 10_000 }).toContain('"ready"');
    const client = new CheckClient(/grpc listens at (\S+?)"/.exec(control.output())?.[1] ?? '');
    expect(await client.health()).toEqual({ status: 1 });
    const asked = new Promise((resolve) => issuer.once('request', resolve));
    const call = client.check(rawHeaders({ headers: CREDENTIALS }));
    await asked;
    control.child.kill('SIGTERM');
    await expect.poll(control.output).toContain('shutting down');
    answer();
    expect(headersIn(await call).authorization).toBe('Bearer late');
    expect(await control.exit).toBe(0);
    client.close();
    issuer.closeAllConnections();
    issuer.close();
  });

  test('ends at the shutdown timeout with requests still in flight', async () => {
    const issuer = createServer(() => {});
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const control = start([], {
      ...ANY_PORTS,
      DEX_TOKEN_URL: `http://127.0.0.1:${port}/token`,
      ALLOW_INSECURE_DEX_URL: 'true',
      HTTP_TIMEOUT: '60s',
      SHUTDOWN_TIMEOUT: '200ms',
    });
    await expect.poll(control.output, { timeout: 10_000 }).toContain('"ready"');
    const address = /check listens at (http:\S+?)"/.exec(control.output())?.[1];
    const asked = new Promise((resolve) => issuer.once('request', resolve));
    const request = fetch(`${address}/check`, { headers: CREDENTIALS }).catch(() => undefined);
    await asked;
    control.child.kill('SIGINT');
    expect(await control.exit).toBe(1);
    await request;
    issuer.closeAllConnections();
    issuer.close();
  });
});

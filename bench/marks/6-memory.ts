import { connect } from 'node:net';
import { writeScript } from '../load/scripts.ts';
import { runClosedLoop, type Target } from '../load/wrk.ts';
import { residentMemoryOf } from '../measure/cpu-time.ts';
import { type FilterStack, withFilterStack } from './filter-stack.ts';
import { atMost, type Finding, type Mark } from './finding.ts';

const MARK = 6;
/** Those that are measured, and as many before them: until then caches fill, and each VM's heap finds its size. */
const REQUESTS = 2 * 2_000_000;
/** Of a token, so that each is refreshed again and again. */
const LIFETIME_SECONDS = 10;

/** Memory under hits, misses, refreshes, refusals and clients that go away, all at once. */
export const judgeMemory: Mark = ({ quick, tell }) =>
  withFilterStack({}, async (stack) => {
    await stack.issuer.set({ lifetime: LIFETIME_SECONDS });
    const requests = quick ? 10_000 : REQUESTS;
    const samples: Memory[] = [];
    let sent = 0;
    for (let seed = 0; sent < requests; seed++) {
      sent += await mix(stack, seed, quick ? 2 : 10);
      samples.push(await measureMemory(stack));
      tell(`${sent} of ${requests} requests: ${describe(samples)}`);
    }
    return [...growth(samples, sent), { ...(await used(stack)), note: `at the end ${describe(samples)}` }];
  });

interface Memory {
  readonly resident: number;
  /** Linear memory of the filter's VMs. */
  readonly filter: number;
}

async function mix(stack: FilterStack, seed: number, seconds: number): Promise<number> {
  const target = stack.targetFor('');
  const script = writeScript(stack.directory, 'mixed', seed);
  const leaving = setInterval(() => leave(target, `${seed}-${performance.now()}`), 20);
  try {
    // Refused requests count as failed here, and are meant to be.
    return (await runClosedLoop({ ...target, seconds, connections: 32, script })).requests;
  } finally {
    clearInterval(leaving);
  }
}

/** A client of its own that goes away while its request waits for control. */
function leave({ port, host, headers }: Target, client: string): void {
  const lines = Object.entries({ ...headers, host, 'x-client-id': client }).map(([name, text]) => `${name}: ${text}`);
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`GET / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, () => setImmediate(() => socket.destroy()));
  }).on('error', () => {});
}

async function measureMemory(stack: FilterStack): Promise<Memory> {
  return { resident: residentMemoryOf(stack.pids.envoy ?? 0), filter: await stack.metric('memory_bytes') };
}

/** Over the second half of the run. */
function growth(samples: readonly Memory[], sent: number): Finding[] {
  const settled = samples[Math.floor((samples.length - 1) / 2)];
  const last = samples.at(-1);
  const what = `after ${sent} mixed requests, of that after half of them`;
  return [
    atMost(MARK, `Envoy’s memory ${what}`, (last?.resident ?? 0) / (settled?.resident ?? 0), 1.05),
    atMost(MARK, `the filter’s own memory ${what}`, (last?.filter ?? 0) / (settled?.filter ?? 0), 1.05),
  ];
}

/** That all of it took place. */
async function used(stack: FilterStack): Promise<Finding> {
  const names = ['hits', 'misses', 'refreshes', 'denials'];
  const counts = await Promise.all(names.map(async (name) => `${await stack.metric(name)} ${name}`));
  return { mark: MARK, what: 'what the requests were', measured: counts.join(', '), limit: '', outcome: 'reported' };
}

function describe(samples: readonly Memory[]): string {
  return `Envoy has ${mebibytes(samples.at(-1)?.resident ?? 0)}, the filter ${mebibytes(samples.at(-1)?.filter ?? 0)}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

import { request } from 'node:http';
import { writeScript } from '../load/scripts.ts';
import { runClosedLoop } from '../load/wrk.ts';
import { cpuTimeOf } from '../measure/cpu-time.ts';
import { measureInRounds } from '../measure/rounds.ts';
import { type FilterStack, startFilterStack, withFilterStack } from './filter-stack.ts';
import { atMost, type Finding, type Mark, show } from './finding.ts';

const MARK = 5;
const WORKERS = 4;
const POLL_SECONDS = 2;

/** What a hit costs when there are many keys or many policy entries, and how many Envoys one control serves. */
export const judgeScale: Mark = async ({ quick }) => [
  await measureKeys(quick ? 1000 : 100_000, quick ? 1 : 10, quick ? 1 : 5),
  await measureEntries(1000, quick ? 1 : 10),
  await withFilterStack({}, measurePollers),
];

async function measureKeys(keys: number, rounds: number, seconds: number): Promise<Finding> {
  // Sized as docs/sizing.md says.
  const settings = { workerEntries: Math.ceil(keys * 1.5), cacheSlots: keys * 3 };
  return withFilterStack({ settings, concurrency: WORKERS }, async (stack) => {
    const target = stack.targetFor('');
    const envoy = { envoy: stack.pids.envoy ?? 0 };
    const loadOf = (count: number) => ({
      ...{ ...target, seconds: 1, connections: 64, script: writeScript(stack.directory, 'clients', count) },
    });
    // Until every worker has seen nearly every key.
    for (let sent = 0; sent < 3 * WORKERS * keys; )
      sent += (await runClosedLoop({ ...loadOf(keys), seconds })).requests;
    const costs = await measureInRounds(
      [
        { name: 'few', load: loadOf(10), pids: envoy },
        { name: 'many', load: { ...loadOf(keys), seconds }, pids: envoy },
      ],
      rounds,
    );
    const [few = 0, many = 0] = [costs.get('few')?.total, costs.get('many')?.total];
    const note = `${few.toFixed(1)} and ${many.toFixed(1)} µs at ${WORKERS} workers`;
    return atMost(MARK, `cost of a hit among ${keys} keys, of one among 10`, many / few, 1.2, { note });
  });
}

async function measureEntries(entries: number, rounds: number): Promise<Finding> {
  const stacks: FilterStack[] = [];
  try {
    for (const count of [1, entries]) stacks.push(await startFilterStack({ control: { entries: count } }));
    const [one, many] = stacks.map((stack, index) => ({
      name: `${index}`,
      load: { ...stack.targetFor('my-client'), seconds: 1 },
      pids: { envoy: stack.pids.envoy ?? 0 },
    }));
    if (one === undefined || many === undefined) throw new Error('there are two');
    const costs = await measureInRounds([one, many], rounds);
    const ratio = (costs.get('1')?.total ?? 0) / (costs.get('0')?.total ?? 0);
    return atMost(MARK, `cost of a hit with ${entries} policy entries, of one with a single entry`, ratio, 1.2);
  } finally {
    for (const stack of stacks) await stack.stop();
  }
}

async function measurePollers({ control: { filterPort }, pids }: FilterStack): Promise<Finding> {
  const entityTag = await new Promise<string>((resolve, reject) => {
    request({ host: '127.0.0.1', port: filterPort, path: '/v1/routes' }, (response) => {
      response.resume();
      resolve(response.headers.etag ?? '');
    })
      .on('error', reject)
      .end();
  });
  const target = {
    port: filterPort,
    host: 'token-broker',
    headers: { 'if-none-match': entityTag },
    path: '/v1/routes',
  };
  await runClosedLoop({ ...target, seconds: 1 });
  const before = cpuTimeOf(pids.control ?? 0);
  const { requests } = await runClosedLoop({ ...target, seconds: 1 });
  const cost = (cpuTimeOf(pids.control ?? 0) - before) / requests;
  const envoys = Math.floor((1e6 / cost) * (POLL_SECONDS / WORKERS));
  const note = `${show(cost)} µs a poll; each of ${WORKERS} workers polls every ${POLL_SECONDS} s`;
  return {
    mark: MARK,
    what: 'Envoys whose polls take all of one core',
    measured: `${envoys}`,
    limit: '',
    outcome: 'reported',
    note,
  };
}

/** One sample of Envoy's `/stats/prometheus`. */
export interface Sample {
  name: string;
  tags: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const TAG = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Parses the Prometheus text format. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = SAMPLE.exec(line);
    if (match === null) return [];
    const [, name = '', tags = '', value = ''] = match;
    return [
      {
        name,
        tags: Object.fromEntries([...tags.matchAll(TAG)].map(([, key, text]) => [key, text])),
        value: Number(value),
      },
    ];
  });
}

/** Sums the samples of that name whose tags include the given ones; 0 when there is none. */
export function sumSamples(samples: Sample[], name: string, tags: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(tags).every(([key, value]) => sample.tags[key] === value))
    .reduce((sum, sample) => sum + sample.value, 0);
}

/**
 * Reads the statistics of Envoy or, under another path, of control.
 *
 * @param adminUrl As in RunningEnvoy.
 */
export async function readSamples(adminUrl: string, path = '/stats/prometheus'): Promise<Sample[]> {
  const answer = await fetch(`${adminUrl}${path}`);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return parseSamples(await answer.text());
}

import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { TracingConfiguration } from '../config/telemetry.ts';

/** The samplers that `OTEL_TRACES_SAMPLER` names; this version of the SDK leaves reading it to us. */
export function createSampler({ sampler, ratio }: Pick<TracingConfiguration, 'sampler' | 'ratio'>): Sampler {
  const root = rootOf(sampler.replace(/^parentbased_/, ''), ratio);
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootOf(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
}

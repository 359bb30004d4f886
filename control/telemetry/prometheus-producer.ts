import { type HrTime, ValueType } from '@opentelemetry/api';
import { hrTime, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from 'prom-client';

type Family = MetricObjectWithValues<MetricValue<string>>;
type Labels = Readonly<Record<string, string>>;

/** Since when everything has been counted. */
const START = millisToHrTime(performance.timeOrigin);

/**
 * A Prometheus registry as OpenTelemetry's SDK reads one: the same names, labels and numbers
 * (OpenTelemetry's specification, "Prometheus and OpenMetrics Compatibility"). Exporters collect from it.
 */
export function produceFrom(registry: Registry, resource: Resource, scope: { name: string; version: string }) {
  return {
    async collect(): Promise<CollectionResult> {
      const result = (metrics: MetricData[], errors: unknown[]) => ({
        resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] },
        errors,
      });
      try {
        const families = await registry.getMetricsAsJSON();
        const now = hrTime();
        return result(
          families.flatMap((family) => readFamily(family, now)),
          [],
        );
      } catch (error) {
        return result([], [error]);
      }
    },
  } satisfies MetricProducer;
}

/** Nothing where a metric has no values yet: Prometheus shows its name, and OTLP has no way to. */
function readFamily(family: Family, endTime: HrTime): MetricData[] {
  const { name, help, type, values } = family;
  if (values.length === 0) return [];
  const common = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const point = <Value>(labels: MetricValue<string>['labels'], value: Value): DataPoint<Value> => {
    return { startTime: START, endTime, attributes: textOf(labels), value };
  };
  const dataPoints = () => values.map(({ labels, value }) => point(labels, value));
  switch (String(type)) {
    case 'counter':
      return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: dataPoints() }];
    case 'gauge':
      return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints: dataPoints() }];
    case 'histogram':
      return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: readHistograms(family, point) }];
    default:
      throw new Error(`${name} is a ${type}, which has no place in OTLP here`);
  }
}

/** Prometheus counts in each bucket all that is at most its bound; OTLP what is between its bound and the one before. */
function readHistograms(
  { name, values }: Family,
  point: (labels: Labels, value: Histogram) => DataPoint<Histogram>,
): DataPoint<Histogram>[] {
  const series = new Map<string, { labels: Labels; below: [number, number][]; sum: number; count: number }>();
  for (const { labels, value, metricName } of values as MetricValueWithName<string>[]) {
    const { le, ...rest } = textOf(labels);
    const key = JSON.stringify(rest);
    const one = series.get(key) ?? { labels: rest, below: [], sum: 0, count: 0 };
    series.set(key, one);
    if (metricName === `${name}_sum`) one.sum = value;
    else if (metricName === `${name}_count`) one.count = value;
    else if (le !== undefined && le !== '+Inf') one.below.push([Number(le), value]);
  }
  return [...series.values()].map(({ labels, below, sum, count }) => {
    const buckets = below.sort(([left], [right]) => left - right);
    const upTo = [0, ...buckets.map(([, value]) => value), count];
    return point(labels, {
      buckets: {
        boundaries: buckets.map(([bound]) => bound),
        counts: upTo.slice(1).map((value, at) => value - (upTo[at] ?? 0)),
      },
      sum,
      count,
    });
  });
}

/** Labels are texts, as Prometheus shows them. */
function textOf(labels: MetricValue<string>['labels']): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

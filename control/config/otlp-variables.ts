import type { Variable } from './variables.ts';

/** What OpenTelemetry exports, as the names of variables have it. */
export const SIGNALS = ['TRACES', 'METRICS'] as const;

export type Signal = (typeof SIGNALS)[number];

export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

export type OtlpProtocol = (typeof PROTOCOLS)[number];

const DAY = 86_400_000;

/** One part of how signals are sent; each is a variable for all of them, and one for each signal that wins over it. */
const PARTS = {
  ENDPOINT: {
    description: 'where they go; /v1/traces or /v1/metrics is added, except with grpc',
    own: 'the same for them alone, as it is',
  },
  PROTOCOL: {
    choices: [...PROTOCOLS],
    default: 'http/protobuf',
    description: 'http/protobuf, http/json or grpc, which is the default for an endpoint on port 4317',
  },
  HEADERS: { description: "headers to send along, such as a collector's credentials: name=value,…" },
  TIMEOUT: { default: '10000', minimum: 1, maximum: DAY, description: 'ms for one request, with its repetitions' },
  COMPRESSION: { choices: ['none', 'gzip'], default: 'none', description: 'none or gzip' },
  INSECURE: { default: 'false', description: 'grpc to an endpoint without http:// or https://: without TLS' },
  CERTIFICATE: { description: "PEM authorities to trust for the collector instead of the system's" },
  CLIENT_CERTIFICATE: { description: 'PEM certificate to show to the collector' },
  CLIENT_KEY: { description: 'PEM key of that certificate' },
} as const satisfies Record<string, Variable & { own?: string }>;

export type OtlpPart = keyof typeof PARTS;

/** The name of a part's variable, for all signals or for one. */
export type OtlpVariable = `OTEL_EXPORTER_OTLP_${'' | `${Signal}_`}${OtlpPart}`;

/** The variables of OpenTelemetry's OTLP exporters (its specification, "OpenTelemetry Protocol Exporter"). */
export const OTLP_VARIABLES = Object.fromEntries(
  Object.entries(PARTS).flatMap(([part, variable]: [string, Variable & { own?: string }]) => {
    const { own = 'the same for them alone', description, default: fallback, ...range } = variable;
    const forOne = (signal: Signal) => ({ process: true, ...range, description: `${signal.toLowerCase()}: ${own}` });
    return [
      [
        `OTEL_EXPORTER_OTLP_${part}`,
        {
          process: true,
          ...range,
          ...(fallback === undefined ? {} : { default: fallback }),
          description: `traces and metrics: ${description}`,
        },
      ],
      ...SIGNALS.map((signal) => [`OTEL_EXPORTER_OTLP_${signal}_${part}`, forOne(signal)]),
    ];
  }),
) as Readonly<Record<OtlpVariable, Variable>>;

#!/bin/sh
# Builds the OpenTelemetry collector, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../go/build.sh" "$folder" otel-collector go.opentelemetry.io/collector/otelcol

# syntax=docker/dockerfile:1
# Control. The image holds Node and what tools/package/stage.sh lists: no shell, no package manager, no compiler.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --tag control .
#
# VERSION and REVISION (a commit) are for the labels.

# Once, on the machine's own processor: what comes out is the same for all.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS stage
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/npm npm_config_cache=/npm sh tools/package/stage.sh /image

FROM gcr.io/distroless/nodejs24-debian13:nonroot
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Envoy Token Broker, control" \
      org.opencontainers.image.description="Gives each request that passes Envoy the access token that its backend wants." \
      org.opencontainers.image.source="https://github.com/envoy-token-broker/envoy-token-broker" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
# Root's, and so read-only for control.
COPY --from=stage /image /app
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# Those of docs/configuration.md's defaults that are open to the network.
EXPOSE 8080
ENTRYPOINT ["/nodejs/bin/node", "control/main.ts"]

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Agent, fetch } from 'undici';
import type { EntryDocument } from '../../control/config/document.ts';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { type CallerTokenOptions, IdentityClusters } from '../../tools/launch/identity-clusters.ts';
import type { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { Deployment, type DeploymentOptions } from '../support/deployment.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp/receiver.ts';
import type { Written } from '../support/planted-secrets.ts';
import type { Policy } from '../support/policy-file.ts';
import type { Answer } from '../support/request.ts';

interface IdentityDeploymentOptions extends Pick<DeploymentOptions, 'shipped'> {
  readonly entries: readonly EntryDocument[];
  readonly providers?: (clusters: IdentityClusters) => Policy['providers'];
  /** Whether Envoy's backend is the API server of the management cluster. */
  readonly toApiserver?: boolean;
}

/** Two real clusters, control, and Envoy in front of a backend that answers with what it received. */
export class IdentityDeployment {
  readonly clusters: IdentityClusters;
  readonly deployment: Deployment;
  readonly traces: OtlpReceiver;

  private constructor(clusters: IdentityClusters, deployment: Deployment, traces: OtlpReceiver) {
    this.clusters = clusters;
    this.deployment = deployment;
    this.traces = traces;
  }

  static async start({
    entries,
    providers,
    toApiserver,
    ...options
  }: IdentityDeploymentOptions): Promise<IdentityDeployment> {
    const clusters = await IdentityClusters.start();
    const traces = await startOtlpReceiver();
    try {
      const deployment = await Deployment.start({
        ...options,
        ...(toApiserver && { configure: (configuration) => leadTo(clusters.management, configuration) }),
        policy: {
          unmatched: 'deny',
          clusters: clusters.clusters,
          ...(providers && { providers: providers(clusters) ?? {} }),
          entries,
        },
        control: { AUDIT_LOG: 'stdout', OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
      });
      return new IdentityDeployment(clusters, deployment, traces);
    } catch (error) {
      await Promise.all([clusters.stop(), traces.stop()]);
      throw error;
    }
  }

  async callerToken(options: CallerTokenOptions = {}): Promise<string> {
    const token = await this.clusters.callerToken(options);
    this.plant(token);
    return token;
  }

  /** Has a token and its signature searched for in everything that is written. */
  plant(token: string): void {
    const { secrets } = this.deployment;
    secrets.plant(`the caller's token ${token.slice(-8)}`, token);
    const signature = token.split('.')[2];
    if (signature) secrets.plant(`the signature ${signature.slice(-8)}`, signature);
  }

  send(path: string, token: string): Promise<Answer> {
    return this.deployment.send({ path, headers: { authorization: `Bearer ${token}` } });
  }

  /** The token that the backend got with the last request. */
  obtainedToken(): string {
    const { authorization } = this.deployment.backend.last().headers;
    const token = String(authorization).slice('Bearer '.length);
    this.plant(token);
    return token;
  }

  async written(): Promise<Written> {
    const traces = inspect(this.traces.spans(), { depth: null, maxArrayLength: null, maxStringLength: null });
    return { ...(await this.deployment.written()), traces };
  }

  async findLeaks(): Promise<string[]> {
    return this.deployment.secrets.findIn(await this.written());
  }

  async stop(): Promise<void> {
    await this.deployment.stop();
    await Promise.all([this.clusters.stop(), this.traces.stop()]);
  }
}

function leadTo({ url, caFile }: KubeApiserver, configuration: EnvoyConfiguration): void {
  configuration.setPort('backend', Number(new URL(url).port)).cluster('backend').transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: { validation_context: { trusted_ca: { filename: caFile } } },
    },
  };
}

/** Whom an API server takes the bearer of a token for. @throws Error when it does not take it */
export async function whoAmI({ url, caFile }: Pick<KubeApiserver, 'url' | 'caFile'>, token: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } });
  try {
    const answer = await fetch(`${url}${SELF_REVIEW}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: selfReview(),
      dispatcher,
    });
    return usernameIn(answer.status, await answer.text());
  } finally {
    await dispatcher.close();
  }
}

export const SELF_REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

export function selfReview(): string {
  return JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
}

export function usernameIn(status: number, body: string): string {
  if (status !== 201) throw new Error(`the API server answered ${status}: ${body}`);
  return JSON.parse(body).status.userInfo.username;
}

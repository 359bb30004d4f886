/** A Kubernetes cluster, and how its API server is reached. */
export interface ClusterConfiguration {
  readonly name: string;
  readonly access: ClusterAccess;
  /** `iss` of its service accounts' tokens; undefined: nobody has said. */
  readonly issuers?: readonly string[];
  /** ms for one request, connect to last byte, and for a watch to begin. */
  readonly timeout: number;
}

/** Where address, authorities and credentials come from. Files are read again while control runs. */
export type ClusterAccess =
  | {
      /** As the service account of the pod that control runs in. */
      readonly kind: 'inCluster';
      /** `KUBERNETES_SERVICE_HOST`: a name, or an address without brackets. */
      readonly host: string;
      /** `KUBERNETES_SERVICE_PORT` */
      readonly port: number;
      /** Where `token`, `ca.crt` and `namespace` are: `/var/run/secrets/kubernetes.io/serviceaccount` in a pod. */
      readonly folder: string;
    }
  | {
      readonly kind: 'kubeconfig';
      readonly file: string;
      /** Undefined: the file's `current-context`. */
      readonly context: string | undefined;
    }
  | {
      readonly kind: 'url';
      /** https; a path is kept, as proxies in front of many clusters need it. */
      readonly url: URL;
      /** PEM authorities to trust instead of the system's. */
      readonly caFile: string | undefined;
      /** A bearer token. */
      readonly tokenFile: string;
    };

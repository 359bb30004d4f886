import type { Manifest } from '../../tools/launch/kubernetes-admin.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** What an account may do, as RBAC writes it. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

export function namespace(name: string, labels: Record<string, string> = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function serviceAccount(namespace: string, name: string): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } };
}

export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  labels: Record<string, string> = { policy: 'yes' },
): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels }, data };
}

export function secret(namespace: string, name: string, stringData: Record<string, string> = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData };
}

/** Lets an account, `namespace/name`, do that in one namespace. */
export function grantIn(namespace: string, account: string, name: string, ...rules: Rule[]): Manifest[] {
  return [
    { apiVersion: RBAC, kind: 'Role', metadata: { namespace, name }, rules },
    {
      ...{ apiVersion: RBAC, kind: 'RoleBinding', metadata: { namespace, name } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [subject(account)],
    },
  ];
}

/** Lets an account, `namespace/name`, do that everywhere. */
export function grantEverywhere(account: string, name: string, ...rules: Rule[]): Manifest[] {
  return [
    { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name }, rules },
    {
      ...{ apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: { name } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [subject(account)],
    },
  ];
}

function subject(account: string): object {
  const [namespace, name] = account.split('/');
  return { kind: 'ServiceAccount', namespace, name };
}

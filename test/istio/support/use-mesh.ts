import { useParts } from '../../support/use-deployment.ts';
import { Mesh, type MeshOptions } from './mesh.ts';

/** Gives a test file a mesh, as useDeployment gives it a deployment. */
export function useMesh(options: MeshOptions): () => Mesh {
  return useParts(() => Mesh.start(options));
}

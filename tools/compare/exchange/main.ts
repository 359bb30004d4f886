/**
 * Asks ext-authz-token-exchange and ours the same over gRPC, with policy in a real API server and an issuer that answers in
 * every way, and says where they differ: `make compare-exchange PEERS=<folder with the binary ext-authz-token-exchange>`.
 * Without the binary it does not run.
 */
import { KubeApiserver } from '../../launch/kube-apiserver.ts';
import { StartedParts } from '../../launch/started-parts.ts';
import { findPeer } from '../peer.ts';
import { answerScenario, profileScenarios } from './cases/issuer-cases.ts';
import { policyScenarios } from './cases/policy-cases.ts';
import { requestScenario, switchScenarios } from './cases/request-cases.ts';
import { canRunOriginal, NAME } from './original.ts';
import { formatReport, verdictOf } from './report.ts';
import { type Outcome, runScenario } from './run-scenario.ts';
import { startTokenEndpoint } from './token-endpoint.ts';

const SCENARIOS = [requestScenario, ...switchScenarios, answerScenario, ...profileScenarios, ...policyScenarios];

const peer = findPeer(process.argv[2] || undefined, NAME);
if (peer === undefined) {
  console.log(`not run: there is no ${NAME}; give its folder with make compare-exchange PEERS=<folder>`);
} else if (!canRunOriginal()) {
  console.log(`not run: ${NAME} needs Linux, where unshare may give it files of its own under /var/run`);
} else {
  const parts = new StartedParts();
  parts.keep(peer);
  try {
    const apiserver = parts.keep(await KubeApiserver.start());
    const issuer = parts.keep(await startTokenEndpoint());
    const outcomes: Outcome[] = [];
    for (const scenario of SCENARIOS) {
      console.error(`${scenario.name}: ${scenario.cases.length} requests`);
      outcomes.push(...(await runScenario(scenario, { binary: peer.path, apiserver, issuer })));
    }
    console.log(formatReport(outcomes));
    if (outcomes.some((outcome) => verdictOf(outcome) === 'DIFFERENT')) process.exitCode = 1;
  } finally {
    await parts.stop();
  }
}

import { refuseVariable } from '../bundle/refusals.ts';
import type { ApplySpec, PlanSpec, StateAccess } from './contract.ts';
import { cliConfigFile } from './hand-over.ts';
import { pickInherited } from './inherited-environment.ts';
import { hasOwnUsers } from './isolation.ts';
import type { Workspace } from './workspace.ts';

/**
 * The whole environment of an engine that works for the run: the run's own variables and the credential of its state.
 * Of ours, what no run may set holds whatever it was given. The rest, such as the worker's proxy, gives way to what it
 * was given, in either spelling: of `HTTPS_PROXY` and `https_proxy` each program has a preference of its own.
 */
export function engineEnvironment(spec: PlanSpec | ApplySpec, workspace: Workspace): Record<string, string> {
  const state = typeof spec.state === 'string' ? {} : stateVariables(spec.state);
  const given = new Set(Object.keys(spec.environment).map((name) => name.toLowerCase()));
  const ours = Object.entries(bareEnvironment(spec, workspace)).filter(
    ([name]) => refuseVariable(name) !== null || !given.has(name.toLowerCase()),
  );
  return { ...spec.environment, ...Object.fromEntries(ours), ...state };
}

/** For commands that need neither the run's secrets nor its state: a broken configuration is read with these alone. */
export function bareEnvironment(spec: PlanSpec | ApplySpec, workspace: Workspace): Record<string, string> {
  const inherited = pickInherited(spec.inherited);
  const copied = hasOwnUsers(spec.isolation) && inherited.TF_CLI_CONFIG_FILE !== undefined;
  return {
    LANG: 'C.UTF-8',
    ...inherited,
    HOME: workspace.home,
    TMPDIR: workspace.tmpdir,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    TF_PLUGIN_CACHE_DIR: workspace.plugins,
    ...(copied ? { TF_CLI_CONFIG_FILE: cliConfigFile(workspace) } : {}),
  };
}

/**
 * Environment and not `-backend-config`: an address given there is written into the plan file and would beat the
 * apply's own. The credential is in the addresses, because `TF_HTTP_USERNAME` and `_PASSWORD` are defaults for every
 * `terraform_remote_state` of type http as well: each server that a configuration reads from would be sent them. The
 * engine's messages show such an address without its password. The retries let an apply outlive a restart of our
 * server (about three minutes).
 */
function stateVariables(state: StateAccess): Record<string, string> {
  const url = new URL(state.address);
  url.username = encodeURIComponent(state.username);
  url.password = encodeURIComponent(state.password);
  return {
    TF_HTTP_ADDRESS: url.href,
    TF_HTTP_LOCK_ADDRESS: url.href,
    TF_HTTP_UNLOCK_ADDRESS: url.href,
    TF_HTTP_RETRY_MAX: '40',
    TF_HTTP_RETRY_WAIT_MIN: '1',
    TF_HTTP_RETRY_WAIT_MAX: '5',
  };
}

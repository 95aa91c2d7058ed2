import type { ApplySpec, PlanSpec, StateAccess } from './contract.ts';
import { cliConfigFile } from './hand-over.ts';
import { pickInherited } from './inherited-environment.ts';
import type { Workspace } from './workspace.ts';

/** Names a run may not set: they change which code runs, or where the state and the plan go. */
const reservedNames = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'ENV',
  'BASH_ENV',
  'IFS',
  'NODE_OPTIONS',
  'CHECKPOINT_DISABLE',
  'TF_CLI_CONFIG_FILE',
  'TERRAFORM_CONFIG',
  'TF_DATA_DIR',
  'TF_IN_AUTOMATION',
  'TF_INPUT',
  'TF_PLUGIN_CACHE_DIR',
  'TF_REATTACH_PROVIDERS',
  'TF_WORKSPACE',
]);
const reservedPrefixes = ['LD_', 'DYLD_', 'TF_HTTP_', 'TF_CLI_ARGS', 'TF_CLOUD_'];

/** Whether an environment variable of that name may not be set for a run. */
export function isReservedVariable(name: string): boolean {
  const shaped = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  return !shaped || reservedNames.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix));
}

/**
 * The whole environment of an engine that works for the run: the run's own variables and the credential of its state.
 * Ours come last, so that they hold whatever the run was given.
 */
export function engineEnvironment(spec: PlanSpec | ApplySpec, workspace: Workspace): Record<string, string> {
  const state = spec.state === null ? {} : stateVariables(spec.state);
  return { ...spec.environment, ...bareEnvironment(spec, workspace), ...state };
}

/** For commands that need neither the run's secrets nor its state: a broken configuration is read with these alone. */
export function bareEnvironment(spec: PlanSpec | ApplySpec, workspace: Workspace): Record<string, string> {
  const inherited = pickInherited(spec.inherited);
  const copied = spec.isolation?.kind === 'user' && inherited.TF_CLI_CONFIG_FILE !== undefined;
  return {
    LANG: 'C.UTF-8',
    ...inherited,
    HOME: workspace.home,
    TMPDIR: workspace.temporary,
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

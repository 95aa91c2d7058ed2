/** Names a run may not set: they change which code runs, or where the state and the plan go. */
const reservedNames = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'ENV',
  'BASH_ENV',
  'SHELLOPTS',
  'BASHOPTS',
  'PS4',
  'IFS',
  'CDPATH',
  'GLIBC_TUNABLES',
  'GCONV_PATH',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PERL5LIB',
  'PERL5OPT',
  'RUBYOPT',
  'RUBYLIB',
  'JAVA_TOOL_OPTIONS',
  'NODE_OPTIONS',
  'NODE_PATH',
  'CHECKPOINT_DISABLE',
  'TERRAFORM_CONFIG',
  'TF_CLI_CONFIG_FILE',
  'TF_DATA_DIR',
  'TF_FORCE_LOCAL_BACKEND',
  'TF_IN_AUTOMATION',
  'TF_INPUT',
  'TF_LOG_PATH',
  'TF_PLUGIN_CACHE_DIR',
  'TF_REATTACH_PROVIDERS',
  'TF_WORKSPACE',
]);
const reservedPrefixes = ['LD_', 'DYLD_', 'BASH_FUNC_', 'GIT_', 'TF_HTTP_', 'TF_CLI_ARGS', 'TF_CLOUD_', 'ZENFRA_'];
const longestKey = 200;

/** Why an environment variable of that name may not be set for a run, in a sentence; null if it may. */
export function refuseVariable(name: string): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > longestKey) {
    return `${quoted(name)} is not a variable’s name. Write letters, digits and "_", and no digit first, such as AWS_REGION.`;
  }
  if (!reservedNames.has(name) && !reservedPrefixes.some((prefix) => name.startsWith(prefix))) return null;
  return `${name} cannot be set: it decides which code runs, or where the state goes.`;
}

const longestPath = 255;
/** What engines read as configuration, state or settings of their own. */
const engineFiles = /(\.tf|\.tf\.json|\.tofu|\.tofu\.json|\.tfstate|\.tfstate\.backup|\.terraform\.lock\.hcl)$/i;

/** Why no file may be mounted there, in a sentence; null if it may. `path` is from the stack's directory. */
export function refusePath(path: string): string | null {
  const segments = path.split('/');
  if (path === '' || path.length > longestPath || !/^[\x21-\x7e][\x20-\x7e]*$/.test(path) || path.includes('\\')) {
    return `${quoted(path)} is not a path. Write one from the stack’s directory, such as secrets/key.json, in plain letters.`;
  }
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return `${quoted(path)} leaves the stack’s directory. Write a path below it, such as secrets/key.json.`;
  }
  if (segments.some((segment) => /^\.(terraform|git|github)$/i.test(segment))) {
    return `${quoted(path)} cannot be mounted: what is below .terraform, .git and .github decides which code runs.`;
  }
  if (engineFiles.test(path)) {
    return `${quoted(path)} cannot be mounted: the engine would take it for configuration or state, which come from the repository and from Zenfra.`;
  }
  return null;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

import type { Variables } from './environment.ts';

/**
 * What a run's engine may see of the server's own environment: how to find programs, the network and certificates.
 * A list of what is let through, because a list of what is held back forgets the next secret. Credentials for clouds
 * are not here: they come with the run.
 */
const passedOn = [
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'TF_CLI_CONFIG_FILE',
  'TF_REGISTRY_CLIENT_TIMEOUT',
  'TF_REGISTRY_DISCOVERY_RETRY',
];

export function pickEngineEnvironment(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = variables[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

import { existsSync } from 'node:fs';

/**
 * What an engine may see of the environment of the process that starts it: how to find programs, the network and
 * certificates. A list of what is let through, because a list of what is held back forgets the next secret.
 * Credentials for clouds are not here: they come with the run.
 */
const names = [
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
  'CURL_CA_BUNDLE',
  'TF_CLI_CONFIG_FILE',
  'TF_REGISTRY_CLIENT_TIMEOUT',
  'TF_REGISTRY_DISCOVERY_RETRY',
];

export function pickInherited(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = variables[name];
    if (value !== undefined && value !== '') picked[name] = value;
  }
  // The engine warns of a missing file in every command, and so in every run's comment: not where its operator reads.
  if (!existsSync(picked.TF_CLI_CONFIG_FILE ?? '')) delete picked.TF_CLI_CONFIG_FILE;
  return picked;
}

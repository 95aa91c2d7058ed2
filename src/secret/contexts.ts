/**
 * The context that each thing in the database is sealed with (see `seal`). A new column needs its line in `db/sealed.ts`
 * too, or it is not sealed anew with a new key.
 */
export const contexts = {
  planFile: (planId: string) => `plans/${planId}/file`,
  planLockFile: (planId: string) => `plans/${planId}/lock_file`,
  planJson: (planId: string) => `plans/${planId}/json`,
  stateVersion: (id: string) => `state_versions/${id}`,
  rejectedState: (id: string) => `rejected_states/${id}`,
  bundleVersion: (id: string) => `bundle_versions/${id}`,
  sessionToken: (sessionId: string) => `sessions/${sessionId}/github_token`,
  stateCredential: (tokenSha256: string) => `state_credentials/${tokenSha256}/token`,
  setting: (key: string) => `settings/${key}`,
};

/** The embedded PostgreSQL cannot run; the message is for the person at the terminal and says what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

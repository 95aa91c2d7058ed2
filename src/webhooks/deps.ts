import type { CommandDeps } from '../commands/command.ts';
import type { Repository } from '../db/repositories.ts';

export type WebhookDeps = CommandDeps;

/** What a handler is given beside GitHub's payload: the repository it is about, as recorded, and the delivery's id. */
export interface Delivered {
  repository: Repository;
  deliveryId: string;
  /** By the database's clock. */
  receivedAt: Date;
}

import { pino } from 'pino';
import { catchUp } from '../../src/triggers/catch-up.ts';
import { type Scene, settle } from './scene.ts';

/** Looks for what no webhook told, as the timer does every minute, and waits until what was found is done. */
export async function lookBack(scene: Scene): Promise<void> {
  const { github } = scene.stage.app;
  await catchUp({ db: scene.db, github, log: pino({ level: 'silent' }) }, { everySeconds: 0 });
  await settle(scene);
}

/** A port of loopback where nobody listens. */
export const nowhere = 'http://127.0.0.1:1/';

import asyncHooks from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * For `node --import` in place of tsx, in tests only: Node strips types by itself, so only the views' JSX is left to be
 * compiled, and the global setup has done that once for all test files. Each of them, a process of its own that loads the
 * whole program, starts by that in two thirds of the time (1.5 s of processor time against 2.2).
 */
let compiled: Record<string, string> | undefined;

registerHooks({
  load(url, context, next) {
    const file = process.env.ZENFRA_TEST_VIEWS;
    if (!url.endsWith('.tsx') || file === undefined) return next(url, context);
    compiled ??= JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    const source = compiled[fileURLToPath(url)];
    if (source === undefined) throw new Error(`${url} was not there when the tests began`);
    return { format: 'module', source, shortCircuit: true };
  },
});

/**
 * Node's runner follows every promise of a test file, so as to say of an error that nobody caught which test it was. Here
 * that was a third of a file's processor time; without it such an error fails the file, not a test in it. What asks
 * for the test that is running needs it, too: `describe`, and `after` inside of a test (`t.after` does not).
 */
asyncHooks.createHook = () => {
  const hook = { enable: () => hook, disable: () => hook };
  return hook;
};

import { open, stat } from 'node:fs/promises';
import type { HookName } from '../run/hooks.ts';
import type { LoggedPhase } from '../run/status.ts';
import { confine } from './confine.ts';
import { type Console, collectConsole, splitLines } from './console-text.ts';
import { type EngineCommand, type EngineProcess, launchEngine, signalGroup, startEngine } from './engine-process.ts';
import { bareEnvironment, engineEnvironment } from './environment.ts';
import { defaultGraceMs, defaultLogLimitBytes, type Execution, engineOf } from './execution.ts';
import { type EngineEnd, followEngine } from './follow-engine.ts';
import { forwardLog } from './forward-log.ts';
import { pickInherited } from './inherited-environment.ts';
import { hasOwnUsers, noIsolation } from './isolation.ts';
import type { StateQuarantine } from './quarantine.ts';
import { userOf } from './run-user.ts';
import { readOwnFile } from './workspace.ts';

export interface EngineRun {
  /** The first is the subcommand. */
  args: string[];
  phase: LoggedPhase;
  /** Leaves the run's variables and its state's credential out of the environment. */
  bare?: boolean;
  /** More of its environment. */
  variables?: Record<string, string>;
  /**
   * Done while the engine starts, which takes longer; before any of its output is passed on. The engine is killed if it
   * rejects.
   */
  meanwhile?: () => Promise<void>;
  /** A command of the stack's own, instead of one of the engine's. */
  hook?: { hook: HookName; index: number; text: string; environment: Record<string, string> };
  /** Told each line of plain text. */
  line?: (text: string) => void;
  whenLost?: 'kill' | 'leave';
  /** Takes a printed state out of the output. */
  quarantine?: StateQuarantine;
  /** Bytes of the output that the log has already. */
  skip?: number;
}

export interface EngineResult {
  /** For people: `terraform init`. */
  command: string;
  end: EngineEnd;
  console: Console;
}

/** Runs one command of the engine, its output going to the phase's log. */
export async function runEngine(execution: Execution, run: EngineRun): Promise<EngineResult> {
  const command = commandOf(execution, run);
  // What a hook does is not ours to know, so it must not begin late.
  const engine = run.hook ? startEngine(command) : await launchEngine(command);
  try {
    await run.meanwhile?.();
  } catch (error) {
    signalGroup(engine.record.pid, 'SIGKILL');
    throw error;
  }
  return followRun(execution, engine, run);
}

/** Passes on what an engine that has been started prints, until its end. */
export async function followRun(execution: Execution, engine: EngineProcess, run: EngineRun): Promise<EngineResult> {
  const { spec, sink, deadline } = execution;
  const redacted = execution.redaction.stream();
  const log = forwardLog(sink, {
    phase: run.phase,
    limit: spec.logLimitBytes ?? defaultLogLimitBytes,
    skip: run.skip ?? 0,
  });
  const console = collectConsole();
  const lines = splitLines((text) => {
    console.line(text);
    run.line?.(text);
  });
  const pass = async (bytes: Uint8Array) => {
    lines.add(bytes);
    await log.take(bytes);
  };
  const end = await followEngine(engine, {
    signal: sink.signal,
    timeoutMs: deadline - performance.now(),
    graceMs: spec.graceMs ?? defaultGraceMs,
    whenLost: run.whenLost ?? 'kill',
    // A state that is to be rescued is taken out as it is, what remains is shown without secrets.
    take: (bytes) => pass(redacted.add(run.quarantine?.add(bytes) ?? bytes)),
  });
  if (run.quarantine !== undefined) await pass(redacted.add(run.quarantine.end()));
  await pass(redacted.end());
  lines.end();
  await log.finish();
  return { command: commandName(execution, run), end, console };
}

/** What a command answers in JSON may hold sensitive values: it goes to a file and never to the log. */
export const answerLimit = 256 * 1024 * 1024;

export type EngineAnswer =
  | {
      /** Without secrets. */
      answer: Uint8Array;
      /** With them; the same bytes where none is in it. */
      printed: Uint8Array;
      complaint: string;
    }
  | { answer: null; complaint: string; end: EngineEnd /** Bytes of an answer over the limit. */; tooLarge?: number };

/** Runs a command that answers on stdout. The answer is null if it fails; then `complaint` says what it printed. */
export async function askEngine(execution: Execution, run: EngineRun): Promise<EngineAnswer> {
  const { spec, sink, deadline } = execution;
  const engine = await launchEngine(commandOf(execution, run, true));
  const end = await followEngine(
    { ...engine, record: { ...engine.record, outputFile: engine.record.errorFile } },
    {
      signal: sink.signal,
      timeoutMs: deadline - performance.now(),
      graceMs: spec.graceMs ?? defaultGraceMs,
      whenLost: 'kill',
      take: async () => {},
    },
  );
  const size = (await stat(engine.record.outputFile)).size;
  if (size > answerLimit) return { answer: null, complaint: '', tooLarge: size, end };
  const said = execution.redaction.text(await readStart(engine.record.errorFile));
  const printed = await readOwnFile(engine.record.outputFile, answerLimit);
  const answer = printed && execution.redaction.json(printed);
  // `validate -json` ends with 1 when the configuration is wrong, and answers all the same.
  const failed =
    printed === null || answer === null || end.stopped !== null || (end.exitCode !== 0 && run.args[0] !== 'validate');
  return failed ? { answer: null, complaint: said, end } : { answer, printed, complaint: said };
}

const complaintBytes = 65_536;

async function readStart(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(complaintBytes), 0, complaintBytes, 0);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await file.close();
  }
}

export function commandOf(execution: Execution, run: EngineRun, apart = false): EngineCommand {
  const { spec, workspace, sink } = execution;
  const { hook } = run;
  const name = hook ? `${hook.hook}-${hook.index}` : (run.args[0] ?? 'engine');
  const given = run.bare ? bareEnvironment(spec, workspace) : engineEnvironment(spec, workspace);
  const own = apart ? withoutTracing(given) : given;
  const env = {
    ...(shortCommands.has(name) ? { GOGC: '400' } : {}),
    ...own,
    ...run.variables,
    ...hook?.environment,
  };
  const { path } = engineOf(execution);
  const isolation = spec.isolation ?? noIsolation;
  const keptProviders = spec.pluginCacheDirectory;
  const before = confine({
    isolation,
    workspace,
    program: path,
    keptProviders,
    inherited: pickInherited(spec.inherited),
  });
  return {
    name,
    argv: [...before, ...(hook ? ['/bin/sh', '-c', hook.text] : [path, ...run.args])],
    shielded: isolation.kind === 'bubblewrap',
    ...(hasOwnUsers(isolation) ? { user: userOf(workspace.directory) } : {}),
    cwd: workspace.module,
    env,
    directory: hook ? workspace.hooks : workspace.engine,
    apart,
    loggedBefore: sink.loggedBytes(run.phase),
  };
}

/** Of a command that answers nobody sees what it traces: only its complaint is read, which would lie behind all that. */
function withoutTracing(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TF_LOG')));
}

/**
 * Most of what these do is to start, and a third of that was Go's garbage collector: collecting later makes 60 ms 45.
 * What it costs is memory, a third more for the plan of 5,000 resources; so plan and apply, which have providers at
 * work and grow with what they manage, keep Go's own setting.
 */
const shortCommands = new Set(['init', 'show', 'validate']);

function commandName(execution: Execution, { args, hook }: EngineRun): string {
  return hook ? `Hook ${hook.hook}` : `${engineOf(execution).engine} ${args[0]}`;
}

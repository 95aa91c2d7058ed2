import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

/** The program's log: JSON lines. An error is its kind, message and causes; libraries hang connections and requests on theirs. */
export function createLog(level: LevelWithSilent, destination?: DestinationStream): Logger {
  const options = { level, serializers: { err: describeError } };
  return destination ? pino(options, destination) : pino(options);
}

function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? { code: error.code } : {};
  const status = 'status' in error ? { status: error.status } : {};
  return {
    name,
    message,
    ...code,
    ...status,
    stack,
    ...(cause && depth < 5 ? { cause: describeError(cause, depth + 1) } : {}),
  };
}

/**
 * The process's logger: pino, one JSON object a line, with secrets taken out of every field before it is written.
 * Its shape fits both the port that the inner rooms see and what Fastify takes as `loggerInstance`.
 */

import { pino } from 'pino';
import type { Bindings, ChildLoggerOptions, DestinationStream, Logger as PinoLogger } from 'pino';

import { createPrettyDestination } from './pretty-lines.ts';
import { redactFields } from './redact.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Lines for a person at a terminal instead of JSON. */
  readonly pretty?: boolean;
  /** Colour for pretty lines; plain by default. */
  readonly color?: boolean;
  /** Anything with `write(text)`, for example `process.stderr`. */
  readonly destination: DestinationStream;
}

/** Makes the root logger. It holds no global state; hand children to the rooms that log. */
export function createLogger({ level, pretty = false, color = false, destination }: LoggerOptions): PinoLogger {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      // Errors are already plain data when serializers see them.
      serializers: { err: (value: unknown) => value },
    },
    pretty ? createPrettyDestination(destination, { color }) : destination,
  );
  return redactChildren(logger);
}

/** The library formats the fields of a line but not those that a child binds; children inherit this method. */
function redactChildren(logger: PinoLogger): PinoLogger {
  const bind: Function = logger.child; // its generic type does not survive rebinding
  const child = function (this: PinoLogger, fields: Bindings, options?: ChildLoggerOptions): PinoLogger {
    return bind.call(this, redactFields(fields), options);
  };
  return Object.assign(logger, { child });
}

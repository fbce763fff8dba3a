/**
 * How a command ends. Scripts decide by these numbers, so they are part of the contract.
 */

export const EXIT = {
  ok: 0,
  /** The run that was watched did not succeed, or the command itself broke. */
  failed: 1,
  /** The command line, or a file that it names, cannot be understood. */
  usage: 2,
  unreachable: 3,
  /** The server understood and refused. */
  refused: 4,
  /** Ctrl-C (128 + SIGINT, as shells count). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown by a command to end with a code; the message, if any, goes to standard error. */
export class ExitWith extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message = '') {
    super(message);
    this.name = 'ExitWith';
    this.code = code;
  }
}

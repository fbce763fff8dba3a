/**
 * Measurements: what the inner rooms count and time. They say what happened; only `telemetry/` knows metric names.
 * Labels hold names from small closed sets, never ids: every new label value is a new time series.
 */

export interface Measurements {
  /** One answered API request; `operation` is the operation id, or `none` for an unknown path. */
  httpRequest(request: { operation: string; method: string; status: number }, seconds: number): void;
  /** Runs that this worker executes at this moment. */
  runsActive(count: number): void;
  runFinished(run: { kind: string; status: string }): void;
  /** One plan node that came to an end; `kind` is the driver kind. */
  nodeFinished(node: { kind: string; action: string; result: string }, seconds: number): void;
  /** A look at a whole region: what stands against the ledger now, and how long our part and the cloud's took. */
  regionChecked(
    check: {
      region: string;
      /** Findings that nobody accepted, by type. */
      findings: Readonly<Record<string, number>>;
      /** Objects that nothing in the ledger stands for, by verdict. */
      orphans: Readonly<Record<string, number>>;
      /** The brake stopped the sweep. */
      sweepStopped: boolean;
    },
    seconds: number,
  ): void;
  orphansRemoved(sweep: { region: string }, count: number): void;
  /** A heal was started, by policy or by order. */
  healStarted(heal: { region: string; by: string }): void;
  /** One call to a cloud; `status` is the HTTP status, or 0 when no answer came. */
  cloudRequest(call: { region: string; service: string; method: string; status: number }, seconds: number): void;
}

/** For those who do not measure: tests and one-off commands. */
export const noMeasurements: Measurements = {
  httpRequest: () => {},
  runsActive: () => {},
  runFinished: () => {},
  nodeFinished: () => {},
  regionChecked: () => {},
  orphansRemoved: () => {},
  healStarted: () => {},
  cloudRequest: () => {},
};

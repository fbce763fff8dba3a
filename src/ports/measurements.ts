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
  /** One call to a cloud; `status` is the HTTP status, or 0 when no answer came. */
  cloudRequest(call: { region: string; service: string; method: string; status: number }, seconds: number): void;
}

/** For those who do not measure: tests and one-off commands. */
export const noMeasurements: Measurements = {
  httpRequest: () => {},
  runsActive: () => {},
  runFinished: () => {},
  nodeFinished: () => {},
  cloudRequest: () => {},
};

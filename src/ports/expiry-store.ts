/**
 * Expiry store: what we ask of the database for deployments that end by themselves.
 */

export interface ExpiryStore {
  /**
   * Says when a deployment ends (RFC 3339), or that it does not (null), with an event `deployment.changed`. Takes back a
   * warning that was given, and warnings begin anew.
   * @param now milliseconds since the epoch
   * @returns `expired` when its end has come already, `gone` when it is deleted, being deleted or unknown; then nothing changed
   */
  set(deploymentId: string, expiresAt: string | null, now: number): Promise<'set' | 'expired' | 'gone'>;
  /**
   * Looks after one deployment for which it is time: tells what there is to tell, and when to look next, in one transaction.
   * @param now milliseconds since the epoch
   * @returns undefined when it is time for none
   */
  look(now: number): Promise<{ readonly deploymentId: string; readonly isOver: boolean } | undefined>;
}

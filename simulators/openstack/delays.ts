/** How slow the simulated cloud is, in milliseconds; changeable while it runs. Zero means no timer at all. */

export interface Delays {
  /** Added to every call, before its effect. */
  everyCall: number;
  /** Fraction of each delay by which it varies at random: 0.2 means within 20 % either way. */
  jitter: number;
  /** From the 202 of POST /servers to ACTIVE. */
  serverBuild: number;
  /** From the 204 of DELETE to 404. */
  serverDelete: number;
  /** Reboot, start, stop and each half of a resize. */
  serverAction: number;
  /** POST of a network, subnet, router or port, and adding an interface; before the effect. */
  networkCreate: number;
  /** From a DHCP subnet's creation to the port `network:dhcp`. */
  dhcpPort: number;
}

export const noDelays: Readonly<Delays> = {
  everyCall: 0,
  jitter: 0,
  serverBuild: 0,
  serverDelete: 0,
  serverAction: 0,
  networkCreate: 0,
  dhcpPort: 0,
};

/** Takes the known numeric fields of `wanted` into `delays`; returns the names it did not know or could not use. */
export function changeDelays(delays: Delays, wanted: Readonly<Record<string, unknown>>): string[] {
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    if (name in delays && typeof value === 'number' && value >= 0) delays[name as keyof Delays] = value;
    else unknown.push(name);
  }
  return unknown;
}

/** A delay with its jitter. */
export function vary(delays: Delays, milliseconds: number): number {
  if (milliseconds <= 0 || delays.jitter === 0) return milliseconds;
  return milliseconds * (1 + delays.jitter * (2 * Math.random() - 1));
}

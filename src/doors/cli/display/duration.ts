/**
 * Durations and points in time for a person.
 */

/** `0.3 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** How long something took, or a dash while that is not known. */
export function formatSpan(from: string | null, to: string | null): string {
  return from === null || to === null ? '-' : formatDuration(Date.parse(to) - Date.parse(from));
}

/** `2026-11-21 04:43:51` in UTC. */
export function formatTime(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

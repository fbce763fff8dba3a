/** Durations in a sentence for a person. */

/** @returns for example `0.3 s`, `42 s`, `3 min 5 s`, `2 h 10 min` */
export function spellDuration(ms: number): string {
  const positive = Math.max(0, ms);
  if (positive < 9_950) return `${(positive / 1000).toFixed(1)} s`;
  const seconds = Math.round(positive / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

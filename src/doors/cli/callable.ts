/**
 * How a deployment is named in a command line that a person is to copy.
 */

/** What can be typed for a deployment: a name with spaces cannot without quoting. */
export function callable(said: string, id: string): string {
  return /^[\w.-]+$/.test(said) ? said : id;
}

/** RFC 6901 JSON pointers (https://www.rfc-editor.org/rfc/rfc6901). */

/** One step of a pointer: `a/b` becomes `/a~1b`. */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The last name in a pointer, unescaped; empty for the whole document. */
export function lastName(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

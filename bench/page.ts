/**
 * The page of figures, part by part: what is measured again takes the place of what stood there, and what is not stays with
 * the date that it has. The head of the page is written by a run of all parts only.
 */

/** A level-two heading and what stands below it. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

const HEADING = /^## /m;

/**
 * @param page as it stands
 * @param head takes the place of everything that is no section of `order`; undefined leaves it
 * @param order titles of all sections that there may be, as they are to follow each other
 */
export function withSections(page: string, { head, sections, order }: Renewal): string {
  const [before = '', ...parts] = page.split(HEADING);
  const kept = parts.map((part): Section => {
    const end = part.indexOf('\n');
    return { title: part.slice(0, end), text: part.slice(end + 1).trim() };
  });
  const isOurs = ({ title }: Section): boolean => order.includes(title);
  const ownHead = [before.trim(), ...kept.filter((section) => !isOurs(section)).map(render)].join('\n\n');
  const found = new Map([...kept.filter(isOurs), ...sections].map((section) => [section.title, section]));
  const ordered = order.flatMap((title) => found.get(title) ?? []);
  return `${[(head ?? ownHead).trim(), ...ordered.map(render)].join('\n\n')}\n`;
}

interface Renewal {
  readonly head?: string | undefined;
  readonly sections: readonly Section[];
  readonly order: readonly string[];
}

function render({ title, text }: Section): string {
  return `## ${title}\n\n${text.trim()}`;
}

/** The errors of WebOb itself, which Nova, Neutron and Glance share: unknown paths and wrong methods. */
import { Refusal } from './wire.ts';

export function unknownPath(): Refusal {
  return plain(404, 'Not Found', 'The resource could not be found.');
}

export function wrongMethod(method: string): Refusal {
  return plain(405, 'Method Not Allowed', `The method ${method} is not allowed for this resource.`);
}

/** `detail` stands where WebOb puts the explanation of an exception. */
export function plain(status: number, title: string, sentence: string, detail = ''): Refusal {
  return new Refusal({
    status,
    body: { message: `${sentence}<br /><br />\n${detail}\n\n`, code: `${status} ${title}`, title },
  });
}

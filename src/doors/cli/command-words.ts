/**
 * The command line that a person gave, to be shown again with one thing changed: what can be copied is used, what must be
 * put together is not.
 */

/** Takes its place in the words that follow it. */
const SECRETS = ['--key'];
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/**
 * The words that apply the plan which these words showed.
 * @param words without program and script
 */
export function wordsToApply(words: readonly string[], planId: string): string {
  const kept = words.filter((word, index) => {
    if (word === '--dry-run' || SECRETS.some((name) => word.startsWith(`${name}=`))) return false;
    return !SECRETS.includes(word) && !SECRETS.includes(words[index - 1] ?? '');
  });
  return ['groundwork', ...kept, '--plan-id', planId].map(quoted).join(' ');
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

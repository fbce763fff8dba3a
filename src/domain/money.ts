/**
 * Amounts of money as exact decimals. Prices have as many places as the operator wrote, and sums of thousands of them must
 * not gather the dust of binary fractions: 0.1 + 0.2 is 0.3 here.
 */

/** In units of 10^-12 of the currency. */
export type Amount = bigint;

const PLACES = 12;
const UNIT = 10n ** BigInt(PLACES);

/**
 * The decimal that a number stands for, which is its shortest text: what a person wrote into a file.
 * @throws RangeError for what is no finite number
 */
export function amountOf(value: number): Amount {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!parts) throw new RangeError(`${value} is no amount of money`);
  const [, sign, whole = '0', fraction = '', exponent = '0'] = parts;
  const shift = PLACES - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return sign === '-' ? -scaled : scaled;
}

/** The nearest number to an amount; its text is the amount's own up to 15 digits. */
export function numberOf(amount: Amount): number {
  return Number(decimalOf(amount));
}

/** All digits, and no zeros at the end: `29.2`. */
export function decimalOf(amount: Amount): string {
  const size = amount < 0n ? -amount : amount;
  const fraction = (size % UNIT).toString().padStart(PLACES, '0').replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${size / UNIT}${fraction === '' ? '' : `.${fraction}`}`;
}

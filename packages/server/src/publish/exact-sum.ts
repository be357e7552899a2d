/**
 * A sum of doubles that can be added to and taken from for ever without drifting: what went leaves nothing behind. Whole
 * numbers are summed as they are while they fit; everything else as a whole number of 2^-1074, the unit of which every double
 * is a multiple. Rounded once, when it is read.
 */
export class ExactSum {
  #whole = 0;
  /** In units of 2^-1074. */
  #fine = 0n;

  add(value: number): void {
    this.#move(value, 1);
  }

  remove(value: number): void {
    this.#move(value, -1);
  }

  /** The sum, or the sum divided by `count`, as the nearest double. Infinite when no double is large enough. */
  read(count = 1): number {
    if (this.#fine === 0n && count === 1) return this.#whole;
    const total = this.#fine + (BigInt(this.#whole) << UNIT_BITS);
    return nearest(total, BigInt(count));
  }

  #move(value: number, sign: 1 | -1): void {
    const whole = this.#whole + sign * value;
    if (Number.isSafeInteger(value) && Number.isSafeInteger(whole)) this.#whole = whole;
    else this.#fine += BigInt(sign) * unitsOf(value);
  }
}

const UNIT_BITS = 1074n;
const bits = new DataView(new ArrayBuffer(8));

/** A finite double as a whole number of units. */
function unitsOf(value: number): bigint {
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = (raw >> 52n) & 0x7ffn;
  const fraction = raw & 0xf_ffff_ffff_ffffn;
  const units = exponent === 0n ? fraction : (fraction | 0x10_0000_0000_0000n) << (exponent - 1n);
  return raw >> 63n === 1n ? -units : units;
}

/** The double nearest to units / count. */
function nearest(units: bigint, count: bigint): number {
  const sign = units < 0n ? -1 : 1;
  const size = units < 0n ? -units : units;
  if (size === 0n) return 0;
  // 65 bits of the quotient, the last of which says whether anything is cut off: enough to round once and rightly.
  const length = size.toString(16).length * 4;
  const up = BigInt(Math.max(0, 72 - length + count.toString(16).length * 4));
  const quotient = (size << up) / count;
  const isRest = (size << up) % count !== 0n;
  const drop = BigInt(Math.max(0, quotient.toString(16).length * 4 - 65));
  const cut = quotient >> drop;
  const sticky = isRest || cut << drop !== quotient ? 1n : 0n;
  const scale = Number(drop) - Number(up) - 1074;
  return sign * scaled(Number((cut << 1n) | sticky), scale - 1);
}

/** x * 2^e in steps that neither overflow nor lose bits before the last. */
function scaled(x: number, e: number): number {
  let value = x;
  let left = e;
  for (; left > 900; left -= 900) value *= 2 ** 900;
  for (; left < -900; left += 900) value *= 2 ** -900;
  return value * 2 ** left;
}

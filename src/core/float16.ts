/** Largest finite binary16 number; larger values are clamped to it. */
const MAX_HALF = 0x7bff;
const HALF_NAN = 0x7e00;
/** Bits of 2 ** -14. Halves below it are multiples of 2 ** -24. */
const SMALLEST_NORMAL = 0x38800000;
const OVERFLOW_BITS = 0x477ff000;

/** Rounds the bits of a float32 magnitude (without sign) to the nearest half, ties to even. */
function roundToHalf(bits: number, value: number): number {
  if (bits > 0x7f800000) return HALF_NAN;
  if (bits >= OVERFLOW_BITS) return MAX_HALF;
  if (bits < SMALLEST_NORMAL) return Math.fround(Math.fround(value * 2 ** 24) + 2 ** 23) - 2 ** 23;
  return ((bits + 0xfff + ((bits >>> 13) & 1)) >>> 13) - (112 << 10);
}

/** Converts float32 to IEEE 754 binary16: 11 bits of mantissa, clamped to +-65504. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    halves[i] = sign | roundToHalf(bits[i]! & 0x7fffffff, Math.abs(values[i]!));
  }
  return halves;
}

function halfToNumber(half: number): number {
  const [exponent, mantissa] = [(half >>> 10) & 31, half & 1023];
  if (exponent === 31) return mantissa === 0 ? Infinity : NaN;
  return exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
}

/** All 65,536 halves as float32, created on first use. */
let halfTable: Float32Array | undefined;

/** Converts halves to float32, exactly. */
export function fromFloat16(halves: Uint16Array, target: Float32Array, offset = 0): void {
  halfTable ??= Float32Array.from(
    {length: 65_536},
    (_, half) => (half & 0x8000 ? -1 : 1) * halfToNumber(half),
  );
  for (let i = 0; i < halves.length; i++) target[offset + i] = halfTable[halves[i]!]!;
}

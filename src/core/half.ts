/** The largest finite number of binary16; larger ones become it. */
const LARGEST = 0x7bff;
const NOT_A_NUMBER = 0x7e00;
/** Below 2 ** -14 halves are multiples of 2 ** -24. */
const SMALLEST_NORMAL = 0x38800000;
const FIRST_TOO_LARGE = 0x477ff000;

/** Rounds the bits of a float32 number, without its sign, to the nearest half, ties to even. */
function halfOf(bits: number, value: number): number {
  if (bits > 0x7f800000) return NOT_A_NUMBER;
  if (bits >= FIRST_TOO_LARGE) return LARGEST;
  if (bits < SMALLEST_NORMAL) return Math.fround(Math.fround(value * 2 ** 24) + 2 ** 23) - 2 ** 23;
  return ((bits + 0xfff + ((bits >>> 13) & 1)) >>> 13) - (112 << 10);
}

/** float32 numbers as IEEE 754 binary16: 11 bits of mantissa, clamped to +-65504. */
export function toHalves(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(numbers.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    halves[i] = sign | halfOf(bits[i]! & 0x7fffffff, Math.abs(numbers[i]!));
  }
  return halves;
}

function numberOf(half: number): number {
  const [exponent, mantissa] = [(half >>> 10) & 31, half & 1023];
  if (exponent === 31) return mantissa === 0 ? Infinity : NaN;
  return exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Every half there is, made when first needed. */
let numbersOfHalves: Float32Array | undefined;

/** Writes halves as float32 numbers, exactly. */
export function fromHalves(halves: Uint16Array, into: Float32Array, at = 0): void {
  numbersOfHalves ??= Float32Array.from({length: 65_536}, (_, half) => (half & 0x8000 ? -1 : 1) * numberOf(half));
  for (let i = 0; i < halves.length; i++) into[at + i] = numbersOfHalves[halves[i]!]!;
}

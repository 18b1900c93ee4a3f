import type {SummaryHistogram} from './histogram.js';

// Messages of TensorFlow's event.proto and summary.proto, encoded by hand: https://protobuf.dev/programming-guides/encoding

/** Kinds of fields on the wire. */
const WIRE = {varint: 0, fixed64: 1, bytes: 2, fixed32: 5} as const;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const key = (field: number, wire: number): Buffer => varint(field * 8 + wire);

const integerField = (field: number, value: number): Buffer =>
  Buffer.concat([key(field, WIRE.varint), varint(value)]);

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, WIRE.fixed64), bytes]);
}

function packedDoublesField(field: number, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytesField(field, bytes);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, WIRE.fixed32), bytes]);
}

function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([key(field, WIRE.bytes), varint(bytes.length), bytes]);
}

/** An encoded image. */
export interface SummaryImage {
  /** PNG or JPEG file. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A value that TensorBoard shows under its tag. */
export interface SummaryValue {
  readonly tag: string;
  readonly value: number | SummaryImage | SummaryHistogram;
}

const RGB_CHANNELS = 3;

/** `Summary.Image`: height 1, width 2, colorspace 3, encoded_image_string 4. */
const encodeImage = ({bytes, width, height}: SummaryImage): Buffer =>
  Buffer.concat([
    integerField(1, height),
    integerField(2, width),
    integerField(3, RGB_CHANNELS),
    bytesField(4, bytes),
  ]);

/** `HistogramProto`: min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7. */
const encodeHistogram = ({
  min,
  max,
  count,
  sum,
  sumOfSquares,
  limits,
  counts,
}: SummaryHistogram): Buffer =>
  Buffer.concat([
    ...[min, max, count, sum, sumOfSquares].map((value, i) => doubleField(i + 1, value)),
    packedDoublesField(6, limits),
    packedDoublesField(7, counts),
  ]);

/** `Summary.Value`: tag 1, simple_value 2, image 4, histo 5. */
function encodeValue({tag, value}: SummaryValue): Buffer {
  const content =
    typeof value === 'number'
      ? floatField(2, value)
      : 'bytes' in value
        ? bytesField(4, encodeImage(value))
        : bytesField(5, encodeHistogram(value));
  return Buffer.concat([bytesField(1, tag), content]);
}

/** `Event` with values: wall_time 1, step 2, summary 5 {value 1}. @param wallTime seconds since 1970 */
export const summaryEvent = (
  wallTime: number,
  step: number,
  values: readonly SummaryValue[],
): Buffer =>
  Buffer.concat([
    doubleField(1, wallTime),
    integerField(2, step),
    bytesField(5, Buffer.concat(values.map(value => bytesField(1, encodeValue(value))))),
  ]);

/** First `Event` of a file: wall_time 1, file_version 3. */
export const versionEvent = (wallTime: number): Buffer =>
  Buffer.concat([doubleField(1, wallTime), bytesField(3, 'brain.Event:2')]);

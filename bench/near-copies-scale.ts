import {parseArgs} from 'node:util';
import {random} from '../src/core/random.js';
import {concurrently} from '../src/datasets/concurrently.js';
import {examine} from '../src/datasets/decode.js';
import {findImages} from '../src/datasets/find-images.js';
import {nearCopies} from '../src/datasets/near-copies.js';
import {readBytes} from '../src/datasets/read-bytes.js';
import {SIDE, thumbprint} from '../src/datasets/thumbprint.js';

// How the time and the memory of looking for near copies grow:
// node dist/bench/near-copies-scale.js --kind mixed|alike|same [--sizes 5000,20000,100000] DIR

type Stream = ReturnType<typeof random>;

/** One of the eight ways to turn and mirror a print. */
function turned(print: Uint8Array, way: number): Uint8Array {
  return print.map((_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const [across, down] = [way & 1 ? SIDE - 1 - x : x, way & 2 ? SIDE - 1 - y : y];
    return print[way & 4 ? across * SIDE + down : down * SIDE + across]!;
  });
}

const blend = (a: Uint8Array, b: Uint8Array, share: number): Uint8Array => a.map((value, i) => share * value + (1 - share) * b[i]!);

/** Prints made of those of photographs. */
const KINDS: Readonly<Record<string, (prints: readonly Uint8Array[], stream: Stream) => Uint8Array>> = {
  /** As unlike each other as photographs are. */
  mixed: (prints, stream) => {
    const any = (): Uint8Array => turned(prints[stream.integer(prints.length)]!, stream.integer(8));
    return blend(any(), any(), 0.5);
  },
  /** All of one kind, as X-rays are: half is the same in each. */
  alike: (prints, stream) => blend(prints[0]!, turned(prints[stream.integer(prints.length)]!, stream.integer(8)), 0.6),
  /** One picture, in copies of many qualities. */
  same: (prints, stream) => prints[0]!.map(value => Math.max(0, Math.min(255, value + stream.between(-3, 3)))),
};

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {kind: {type: 'string', default: 'mixed'}, sizes: {type: 'string', default: '5000,20000,100000'}},
});
const prints = await concurrently((await findImages(positionals)).images, 4, async path =>
  thumbprint((await examine(await readBytes(path))).image),
);
for (const size of values.sizes.split(',').map(Number)) {
  const stream = random(1, 'near-copies-scale', size);
  const made = Array.from({length: size}, () => KINDS[values.kind]!(prints, stream));
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const groups = await nearCopies(made);
  const {user, system} = process.cpuUsage(before);
  console.log(
    `${values.kind} ${size}: ${((performance.now() - begun) / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} CPU), ` +
      `${groups.flat().length} in ${groups.length} groups, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  );
}

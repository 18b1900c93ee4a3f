import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {poolThreads} from '../pool-threads.js';
import {ImageFault} from '../readability.js';
import type {HeifAnswer, HeifTask} from './heif-thread.js';
import type {Raster, RasterDecoder, RasterHeader} from './raster.js';

/** No photograph takes as long; a damaged one may take for ever. */
const LONGEST_MS = 120_000;

interface Waiting {
  readonly task: HeifTask;
  readonly resolve: (answer: HeifAnswer) => void;
}

/** A thread with a decoder in it, which does one task at a time; what goes wrong in it costs the thread and its task, and nothing else. */
class HeifThread {
  readonly #worker = new Worker(new URL('heif-thread.js', import.meta.url), {execArgv: []});
  #current: {readonly resolve: (answer: HeifAnswer) => void; readonly timer: NodeJS.Timeout} | undefined;

  constructor(
    private readonly onFree: (thread: HeifThread) => void,
    private readonly onEnd: (thread: HeifThread) => void,
  ) {
    this.#worker.unref();
    this.#worker.on('message', (answer: HeifAnswer) => this.#answer(answer));
    this.#worker.on('error', () => this.#end());
    this.#worker.on('exit', () => this.#end());
  }

  run({task, resolve}: Waiting): void {
    this.#current = {resolve, timer: setTimeout(() => void this.#worker.terminate(), LONGEST_MS)};
    this.#worker.ref();
    this.#worker.postMessage(task);
  }

  #settle(answer: HeifAnswer): void {
    clearTimeout(this.#current?.timer);
    const current = this.#current;
    this.#current = undefined;
    this.#worker.unref();
    current?.resolve(answer);
  }

  #answer(answer: HeifAnswer): void {
    this.#settle(answer);
    if (answer.isSpent === true) void this.#worker.terminate();
    else this.onFree(this);
  }

  #end(): void {
    this.#settle({fault: 'it is damaged or cut off'});
    this.onEnd(this);
  }
}

/** Of the process: threads are started at the first file, as many as decode others, and end with it. */
const threads = new Set<HeifThread>();
const idle: HeifThread[] = [];
const queue: Waiting[] = [];

function next(thread: HeifThread): void {
  const waiting = queue.shift();
  if (waiting === undefined) idle.push(thread);
  else thread.run(waiting);
}

function forget(thread: HeifThread): void {
  threads.delete(thread);
  const place = idle.indexOf(thread);
  if (place >= 0) idle.splice(place, 1);
  startWhereNeeded();
}

function startWhereNeeded(): void {
  if (queue.length === 0 || threads.size >= Math.min(poolThreads(), availableParallelism())) return;
  const thread = new HeifThread(next, forget);
  threads.add(thread);
  next(thread);
}

async function ask(task: HeifTask): Promise<HeifAnswer> {
  const answer = await new Promise<HeifAnswer>(resolve => {
    queue.push({task, resolve});
    const free = idle.pop();
    if (free === undefined) startWhereNeeded();
    else next(free);
  });
  if (answer.fault !== undefined) throw new ImageFault(answer.fault);
  return answer;
}

/** Bits of a channel, as the box about the video stream says (ISO/IEC 14496-15). */
function depthIn(bytes: Uint8Array): number {
  const box = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('hvcC', 0, 'latin1');
  return box < 0 ? 8 : 8 + ((bytes[box + 4 + 17] ?? 0) & 7);
}

/** The profile of the colors, which stands in a box as it is; of several images the first counts. */
function profileIn(bytes: Uint8Array): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = ['colrprof', 'colrrICC'].map(kind => file.indexOf(kind, 0, 'latin1')).filter(at => at >= 4);
  if (found.length === 0) return undefined;
  const at = Math.min(...found);
  const end = at - 4 + file.readUInt32BE(at - 4);
  return end > at + 8 + 132 && end <= file.length ? file.subarray(at + 8, end) : undefined;
}

/** Photographs of phones, decoded by libheif as WebAssembly: turned, mirrored and cut as their boxes say; the primary image counts. */
export const heif: RasterDecoder = {
  async header(bytes): Promise<RasterHeader> {
    const {header} = await ask({bytes, isHeaderOnly: true});
    return {...header!, depth: depthIn(bytes)};
  },
  async decode(bytes): Promise<Raster> {
    const {raster} = await ask({bytes, isHeaderOnly: false});
    const profile = profileIn(bytes);
    return {...raster!, ...(profile && {profile})};
  },
};

import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import {threadPoolSize} from '../../core/system-resources.js';
import {ImageError} from '../images/image-error.js';
import type {HeifResponse, HeifTask} from './heif-thread.js';
import type {Raster, RasterDecoder, RasterHeader} from './raster.js';

/** Timeout of decoding. No valid image takes as long; a damaged one may never end. */
const TIMEOUT_MS = 120_000;

interface QueuedTask {
  readonly task: HeifTask;
  readonly resolve: (response: HeifResponse) => void;
}

/** A decoder thread that runs one task at a time. A crash loses only the thread and its task. */
class HeifThread {
  readonly #worker = new Worker(new URL('./heif-thread.js', import.meta.url), {execArgv: []});
  #current:
    | {readonly resolve: (response: HeifResponse) => void; readonly timer: NodeJS.Timeout}
    | undefined;

  constructor(
    private readonly onFree: (thread: HeifThread) => void,
    private readonly onEnd: (thread: HeifThread) => void,
  ) {
    this.#worker.unref();
    this.#worker.on('message', (response: HeifResponse) => this.#onResponse(response));
    this.#worker.on('error', () => this.#onExit());
    this.#worker.on('exit', () => this.#onExit());
  }

  run({task, resolve}: QueuedTask): void {
    this.#current = {resolve, timer: setTimeout(() => void this.#worker.terminate(), TIMEOUT_MS)};
    this.#worker.ref();
    this.#worker.postMessage(task);
  }

  #finishTask(response: HeifResponse): void {
    clearTimeout(this.#current?.timer);
    const current = this.#current;
    this.#current = undefined;
    this.#worker.unref();
    current?.resolve(response);
  }

  #onResponse(response: HeifResponse): void {
    this.#finishTask(response);
    if (response.shouldRestart === true) void this.#worker.terminate();
    else this.onFree(this);
  }

  #onExit(): void {
    this.#finishTask({error: 'it is damaged or cut off'});
    this.onEnd(this);
  }
}

/** Threads of the process: started at the first file, as many as decode other formats, ended with the process. */
const threads = new Set<HeifThread>();
const idleThreads: HeifThread[] = [];
const queue: QueuedTask[] = [];

function assignNext(thread: HeifThread): void {
  const queued = queue.shift();
  if (queued === undefined) idleThreads.push(thread);
  else thread.run(queued);
}

function removeThread(thread: HeifThread): void {
  threads.delete(thread);
  const index = idleThreads.indexOf(thread);
  if (index >= 0) idleThreads.splice(index, 1);
  startThreadIfNeeded();
}

function startThreadIfNeeded(): void {
  if (queue.length === 0 || threads.size >= Math.min(threadPoolSize(), availableParallelism()))
    return;
  const thread = new HeifThread(assignNext, removeThread);
  threads.add(thread);
  assignNext(thread);
}

async function runTask(task: HeifTask): Promise<HeifResponse> {
  const response = await new Promise<HeifResponse>(resolve => {
    queue.push({task, resolve});
    const idleThread = idleThreads.pop();
    if (idleThread === undefined) startThreadIfNeeded();
    else assignNext(idleThread);
  });
  if (response.error !== undefined) throw new ImageError(response.error);
  return response;
}

/** Bits per channel, from the box with the video configuration (ISO/IEC 14496-15). */
function readBitDepth(bytes: Uint8Array): number {
  const box = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(
    'hvcC',
    0,
    'latin1',
  );
  return box < 0 ? 8 : 8 + ((bytes[box + 4 + 17] ?? 0) & 7);
}

/** The ICC profile, which a box holds uncompressed. If there are several images, the first profile is used. */
function readProfile(bytes: Uint8Array): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets = ['colrprof', 'colrrICC']
    .map(kind => file.indexOf(kind, 0, 'latin1'))
    .filter(at => at >= 4);
  if (offsets.length === 0) return undefined;
  const at = Math.min(...offsets);
  const end = at - 4 + file.readUInt32BE(at - 4);
  return end > at + 8 + 132 && end <= file.length ? file.subarray(at + 8, end) : undefined;
}

/** Decoder for HEIC images of phones, with libheif as WebAssembly. The primary image is rotated, mirrored and cropped as its boxes say. */
export const heif: RasterDecoder = {
  async header(bytes): Promise<RasterHeader> {
    const {header} = await runTask({bytes, isHeaderOnly: true});
    return {...header!, depth: readBitDepth(bytes)};
  },
  async decode(bytes): Promise<Raster> {
    const {raster} = await runTask({bytes, isHeaderOnly: false});
    const profile = readProfile(bytes);
    return {...raster!, ...(profile && {profile})};
  },
};

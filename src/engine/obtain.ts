import {rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {downloadWheel, findPip, type DownloadOptions} from './pip.js';
import {beginStep, type InstallListener} from './progress.js';
import {cudaRequirements, cudaWheel, tensorFlowWheel, type WheelRequest} from './tensorflow-wheels.js';
import {readWheelMetadata, unpackWheel} from './wheel.js';
import {copyUnpacked, type LocalSource} from './wheel-source.js';

export interface ObtainOptions {
  /** Undefined to ask pip. */
  readonly source: LocalSource | undefined;
  /** Whether to fetch the CUDA libraries that the wheel names. */
  readonly gpu: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: InstallListener | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Puts TensorFlow's libraries and headers into `engine`, and NVIDIA's beside them where a GPU is to be used. */
export async function obtainTensorFlow(engine: string, options: ObtainOptions): Promise<void> {
  const {source, gpu, onProgress, signal} = options;
  if (source !== undefined && 'unpacked' in source) {
    return copyUnpacked(source.unpacked, engine, beginStep(onProgress, 'unpack', source.unpacked), signal);
  }
  const [tensorflow, ...cuda] = source?.wheels ?? [await download(engine, tensorFlowWheel(gpu, process.arch), options)];
  const requirements = gpu && cuda.length === 0 ? cudaRequirements(await readWheelMetadata(tensorflow)) : [];
  const missing = requirements.map(requirement => cudaWheel(requirement, process.arch));
  await unpack(tensorflow, engine, options);
  for (const wheel of cuda) await unpack(wheel, engine, options);
  for (const wheel of missing) await unpack(await download(engine, wheel, options), engine, options);
}

/** Where wheels lie between download and unpacking. */
const wheelsOf = (engine: string): string => join(engine, 'wheels');

async function download(engine: string, wheel: WheelRequest, {environment, onProgress, signal}: ObtainOptions): Promise<string> {
  const pip = await findPip(environment);
  const options: DownloadOptions = {pip, environment, report: beginStep(onProgress, 'download', wheel.requirement), signal};
  return downloadWheel(wheel, wheelsOf(engine), options);
}

/** Removes the wheel afterwards if it was downloaded for this, so that the disk never holds all of them. */
async function unpack(wheel: string, engine: string, {onProgress, signal}: ObtainOptions): Promise<void> {
  await unpackWheel(wheel, engine, beginStep(onProgress, 'unpack', basename(wheel)), signal);
  await rm(wheelsOf(engine), {recursive: true, force: true});
}

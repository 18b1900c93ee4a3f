import {rm} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {librariesDirectory, PLATFORM} from '../backend-directory.js';
import {stripSymbols} from '../strip-symbols.js';
import {downloadWheel, findPip, type PipDownloadOptions} from './pip.js';
import {beginStep, type InstallListener} from '../install-progress.js';
import {cudaRequirements, cudaWheel, tensorFlowWheel, type WheelSpec} from './tensorflow-wheels.js';
import {verifyGivenWheel} from './verify-wheel.js';
import {readWheelMetadata, tensorFlowLibraries, unpackWheel} from './wheel.js';
import {copyUnpackedWheel, type LocalSource} from './wheel-source.js';

export interface FetchTensorFlowOptions {
  /** Local source; undefined to download with pip. */
  readonly source: LocalSource | undefined;
  /** Whether to download the CUDA libraries that the wheel requires. */
  readonly gpu: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: InstallListener | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Installs TensorFlow's libraries and headers into a directory, and NVIDIA's libraries next to them if a GPU is used. */
export async function fetchTensorFlow(
  directory: string,
  options: FetchTensorFlowOptions,
): Promise<void> {
  await fetchFiles(directory, options);
  for (const name of tensorFlowLibraries())
    await stripSymbols(join(librariesDirectory(directory), name));
}

async function fetchFiles(directory: string, options: FetchTensorFlowOptions): Promise<void> {
  const {source, gpu, onProgress, signal} = options;
  if (source !== undefined && 'unpacked' in source) {
    return copyUnpackedWheel(
      source.unpacked,
      directory,
      beginStep(onProgress, 'unpack', source.unpacked),
      signal,
    );
  }
  for (const wheel of source?.wheels ?? []) await verifyGivenWheel(wheel);
  const [tensorflow, ...cuda] = source?.wheels ?? [
    await fetchWheel(directory, tensorFlowWheel(gpu, PLATFORM), options),
  ];
  const requirements =
    gpu && cuda.length === 0 ? cudaRequirements(await readWheelMetadata(tensorflow)) : [];
  const missing = requirements.map(requirement => cudaWheel(requirement, PLATFORM));
  await unpackAndRemove(tensorflow, directory, options);
  for (const wheel of cuda) await unpackAndRemove(wheel, directory, options);
  for (const wheel of missing)
    await unpackAndRemove(await fetchWheel(directory, wheel, options), directory, options);
}

/** Directory of downloaded wheels until they are unpacked. */
const wheelsDirectory = (directory: string): string => join(directory, 'wheels');

async function fetchWheel(
  directory: string,
  wheel: WheelSpec,
  {environment, onProgress, signal}: FetchTensorFlowOptions,
): Promise<string> {
  const pip = await findPip(environment);
  const options: PipDownloadOptions = {
    pip,
    environment,
    report: beginStep(onProgress, 'download', wheel.requirement),
    signal,
  };
  return downloadWheel(wheel, wheelsDirectory(directory), options);
}

/** Unpacks a wheel. A downloaded wheel is removed afterwards, so that the disk never holds all of them. */
async function unpackAndRemove(
  wheel: string,
  directory: string,
  {onProgress, signal}: FetchTensorFlowOptions,
): Promise<void> {
  await unpackWheel(wheel, directory, beginStep(onProgress, 'unpack', basename(wheel)), {signal});
  await rm(wheelsDirectory(directory), {recursive: true, force: true});
}

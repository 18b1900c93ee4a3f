import {chmod, mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {ZipArchive, ZipError} from '../../../core/files/zip.js';
import {BackendError} from '../../backend-error.js';
import {countBytes, type StepReport} from '../install-progress.js';

/** The two libraries that the addon needs. They find each other by relative paths. */
export const tensorFlowLibraries = (platform: string = process.platform): readonly string[] =>
  platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The fourteen headers that the addon's sources include, below the wheel's `tensorflow/include`. */
const TENSORFLOW_HEADERS = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];

/** Files that a backend needs from a wheel's `tensorflow` directory. */
export const requiredFiles = (platform: string = process.platform): readonly string[] => [
  ...tensorFlowLibraries(platform),
  ...TENSORFLOW_HEADERS.map(header => `include/${header}`),
];

/** Whether a file of NVIDIA's wheels is needed at run time: shared libraries, the PTX assembler and XLA's bitcode. */
export const isCudaFile = (name: string): boolean =>
  /^nvidia\/\w+\/(lib\/[^/]+\.so(\.\d+)*|bin\/ptxas|nvvm\/libdevice\/[^/]+\.bc|nvvm\/lib64\/[^/]+\.so)$/.test(
    name,
  );

/** Metadata of a wheel as text lines: `Name`, `Version` and requirements. @throws BackendError for a file that is not a wheel */
export async function readWheelMetadata(wheel: string): Promise<string> {
  return withArchive(wheel, async archive => {
    const name = archive.names.find(candidate => /^[^/]+\.dist-info\/METADATA$/.test(candidate));
    if (name === undefined)
      throw new BackendError(
        {step: 'unpack'},
        `${wheel} is not a Python wheel: the zip archive has no METADATA. Give another file.`,
      );
    return (await archive.read(name)).toString('utf8');
  });
}

/**
 * Unpacks the files that a backend needs from TensorFlow's wheel or one of NVIDIA's. Paths are kept.
 * @throws BackendError if a file is missing from the wheel
 */
export async function unpackWheel(
  wheel: string,
  directory: string,
  report: StepReport,
  {signal, platform = process.platform}: {signal?: AbortSignal | undefined; platform?: string} = {},
): Promise<void> {
  await withArchive(wheel, async archive => {
    const cudaFiles = archive.names.filter(isCudaFile);
    const names =
      cudaFiles.length > 0 ? cudaFiles : requiredFiles(platform).map(name => `tensorflow/${name}`);
    const archiveNames = new Set(archive.names);
    const missing = names.find(name => !archiveNames.has(name));
    if (missing !== undefined) {
      throw new BackendError(
        {step: 'unpack'},
        `${wheel} is not a TensorFlow wheel for ${platform === 'darwin' ? 'macOS' : 'Linux'}: there is no ${missing} in it. Give another file.`,
      );
    }
    const onBytes = countBytes(
      report,
      names.reduce((sum, name) => sum + archive.entrySize(name), 0),
    );
    for (const name of names) {
      const target = join(directory, name);
      await mkdir(dirname(target), {recursive: true});
      await archive.extract(name, target, {onBytes, ...(signal && {signal})});
      if (name.endsWith('/bin/ptxas')) await chmod(target, 0o755);
    }
  });
}

async function withArchive<T>(
  wheel: string,
  work: (archive: ZipArchive) => Promise<T>,
): Promise<T> {
  let archive: ZipArchive | undefined;
  try {
    archive = await ZipArchive.open(wheel);
    return await work(archive);
  } catch (error) {
    if (error instanceof ZipError)
      throw new BackendError({step: 'unpack', cause: error}, error.message);
    throw error;
  } finally {
    archive?.close();
  }
}

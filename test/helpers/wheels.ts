import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {requiredFiles} from '../../src/backend/install/wheels/wheel.js';
import {storedZip} from './stored-zip.js';
import {temporaryDirectory} from './temporary.js';

/** What the METADATA of a TensorFlow wheel says, as far as it is read. */
export const metadata = (name: string): string => `Metadata-Version: 2.4
Name: ${name}
Version: 2.21.0
Requires-Dist: absl-py>=1.0.0
Provides-Extra: and-cuda
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"
Provides-Extra: gcs-filesystem
Requires-Dist: tensorflow-io-gcs-filesystem>=0.23.1; (sys_platform == "win32" and python_version < "3.12") and extra == "gcs-filesystem"
`;

/** The files of a wheel laid out as TensorFlow's are, each holding its own name, with much that a backend has no use for. */
export function tensorFlowFiles(platform: string = process.platform): Record<string, Uint8Array> {
  const names = [
    ...requiredFiles(platform).map(name => `tensorflow/${name}`),
    'tensorflow/__init__.py',
    'tensorflow/include/tensorflow/c/other.h',
  ];
  const files = Object.fromEntries(names.map(name => [name, Buffer.from(name)]));
  return {
    ...files,
    'tensorflow_cpu-2.21.0.dist-info/METADATA': Buffer.from(metadata('tensorflow_cpu')),
  };
}

/** Writes a wheel into a fresh folder. @returns its path */
export function writeWheel(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, storedZip(files));
  return path;
}

/** Writes files below a fresh folder. @returns the folder */
export function writeTree(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

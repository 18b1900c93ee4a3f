import {expect} from 'chai';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readWeights} from '../../src/backbones/readers/read-weights.js';
import {WeightsFileError, type WeightsFile} from '../../src/backbones/readers/weights-file.js';
import {temporaryDirectory} from './temporary.js';

const directory = temporaryDirectory();
let files = 0;

/** A file of these bytes, under a name that tells nothing. */
export function fileOf(bytes: Uint8Array): string {
  const path = join(directory, `weights-${files++}`);
  writeFileSync(path, bytes);
  return path;
}

export const readBytes = (bytes: Uint8Array): Promise<WeightsFile> => readWeights(fileOf(bytes));

/** The sentence with which a file is refused, its path written FILE. */
export async function refusalOfPath(path: string): Promise<string> {
  try {
    await readWeights(path);
  } catch (error) {
    expect(error).to.be.instanceOf(WeightsFileError);
    return (error as WeightsFileError).message.replaceAll(path, 'FILE');
  }
  throw new Error(`Expected ${path} to be refused, but it was read.`);
}

/** The same of these bytes. */
export const refusalOf = (bytes: Uint8Array): Promise<string> => refusalOfPath(fileOf(bytes));

/** Values by name, for comparing whole files. */
export const valuesIn = (file: WeightsFile): Record<string, number[]> =>
  Object.fromEntries([...file.tensors].map(([name, {data}]) => [name, [...data]]));

export const again = '. Download or save the file again.';

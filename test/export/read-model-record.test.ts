import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {InvalidModelError} from '../../src/export/record/invalid-model-error.js';
import {readModelRecord} from '../../src/export/record/read-model-record.js';
import {nextRunDirectory} from '../../src/finetune/run/run-directory.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const refusal = async (word: string): Promise<string> => {
  const error: unknown = await readModelRecord(word).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(InvalidModelError);
  return (error as InvalidModelError).message;
};

describe('where a model is expected', () => {
  it('an address is refused without its secrets, since it must be downloaded first', async () => {
    const message = await refusal('https://me:secret@example.org/model.zip?token=abc');
    expect(message).to.include(
      "curl --location --output 'model.zip' 'https://example.org/model.zip'",
    );
    expect(message).not.to.match(/secret|abc/);
  });

  it('an archive is refused, since it must be unpacked, and so is a file', async () => {
    for (const [name, reason] of [
      ['model.zip', /model\.zip is an archive, and a model is a folder\. Unpack it/],
      ['model.tar.gz', /is an archive/],
      ['model.safetensors', /is a file, and a model is a folder\. Give/],
    ] as const) {
      const path = join(temporaryDirectory(), name);
      writeFileSync(path, 'x');
      expect(await refusal(path)).to.match(reason);
    }
  });
});

describe('the run directory of an archive', () => {
  it('has the name of the archive without its extension', () => {
    const root = temporaryDirectory();
    for (const name of ['pets.zip', 'pets.tar', 'pets.tar.gz', 'pets.tgz', 'pets.csv', 'pets']) {
      expect(nextRunDirectory(`/data/${name}`, 'resnet18', root), name).to.equal(
        join(root, 'pets-resnet18'),
      );
    }
  });
});

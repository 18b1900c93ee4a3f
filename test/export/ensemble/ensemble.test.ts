import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {decodeBytes} from '../../../src/datasets/images/decode.js';
import {exportEnsemble} from '../../../src/export/ensemble/export-ensemble.js';
import type {ExportedModel} from '../../../src/export/exported-model.js';
import {VOTES} from '../../../src/export/ensemble/vote.js';
import {loadModel} from '../../../src/export/load-model.js';
import {useBackend} from '../../helpers/backend.js';
import {CLASS_NAMES, differentMembers, exportedMember} from '../../helpers/ensembles.js';
import {createPhoto, cropPlaces} from '../../helpers/photos.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

type ByClass = Readonly<Record<string, number>>;

const toByClass = (predictions: readonly {className: string; probability: number}[]): ByClass =>
  Object.fromEntries(predictions.map(({className, probability}) => [className, probability]));

/** What each of several models says alone, by class name. */
async function classifyAlone(
  directories: readonly string[],
  image: Uint8Array,
): Promise<ByClass[]> {
  const all: ByClass[] = [];
  for (const directory of directories) {
    const model = await loadModel(directory);
    all.push(toByClass(await model.classify(image)));
    model.dispose();
  }
  return all;
}

const expectClose = (found: ByClass, expected: ByClass): void => {
  expect(found).to.have.all.keys(Object.keys(expected));
  for (const [name, probability] of Object.entries(expected))
    expect(found[name], name).to.be.closeTo(probability, 1e-6);
};

const meanByClass = (all: readonly ByClass[]): ByClass =>
  Object.fromEntries(
    CLASS_NAMES.map(name => [name, all.reduce((sum, of) => sum + of[name]!, 0) / all.length]),
  );

describe('an ensemble', function () {
  this.timeout(120_000);
  useBackend();
  let members: string[];
  let exported: string;
  let photo: Buffer;

  before('export models that differ', async () => {
    members = await differentMembers();
    exported = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble(members, exported);
    photo = await createPhoto(3);
  });

  const copyOfEnsemble = (): string => {
    const copy = join(temporaryDirectory(), 'ensemble');
    cpSync(exported, copy, {recursive: true});
    return copy;
  };

  it('of several models has the mean of what they say alone, matched by class name', async () => {
    const alone = await classifyAlone(members, photo);
    const model = await loadModel(members);
    expect(model.classNames).to.deep.equal(CLASS_NAMES);
    expect(model.members.map(({name}) => name)).to.deep.equal(['first', 'second', 'third']);
    expectClose(toByClass(await model.classify(photo)), meanByClass(alone));
    const several = await model.classify([photo, await createPhoto(4), photo], {top: 1});
    expect(several.map(({length}) => length)).to.deep.equal([1, 1, 1]);
    expect(several[2]).to.deep.equal(several[0]);
    model.dispose();
  });

  it('that is exported is loaded as one model, and votes as it was exported or as requested', async () => {
    const byVote = new Map<string, ByClass>();
    for (const vote of VOTES) {
      const directory = join(temporaryDirectory(), 'ensemble');
      const {record} = await exportEnsemble(members, directory, {vote});
      expect(record.members.map(({arch}) => arch)).to.deep.equal(['resnet18', 'resnet34', 'resnet18']); // prettier-ignore
      const [asExported, asRequested] = [
        await loadModel(directory),
        await loadModel(exported, {vote}),
      ];
      const found = toByClass(await asExported.classify(photo));
      expectClose(toByClass(await asRequested.classify(photo)), found);
      byVote.set(vote, found);
      asExported.dispose();
      asRequested.dispose();
    }
    expectClose(byVote.get('mean')!, meanByClass(await classifyAlone(members, photo)));
    const distinct = new Set([...byVote.values()].map(found => found[CLASS_NAMES[0]!]!.toFixed(6)));
    expect(distinct.size).to.equal(3);
  });

  it('leaves nothing on the device', async () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    const model = await loadModel(exported);
    await model.classify(photo);
    model.dispose();
    model.dispose();
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
    expect(await rejectionOf(model.classify(photo))).to.include({code: 'MODEL_DISPOSED'});
  });

  it('of networks that take different pixels takes no pixels', async () => {
    const model = await loadModel(exported);
    expect(() => model.probabilities(new Uint8Array(32 * 32 * 3))).to.throw(
      /^The networks of the ensemble in .* resize images in different ways\. Give the images to classify\(\)\.$/,
    );
    model.dispose();
    const [same, other] = [await exportedMember('a'), await exportedMember('b', {seed: 5})];
    const both = await loadModel([same, other]);
    expect(both.probabilities(new Uint8Array(2 * 32 * 32 * 3))).to.have.lengthOf(6);
    both.dispose();
  });

  it('is exported over another one, and not over files of the user', async () => {
    const directory = copyOfEnsemble();
    await exportEnsemble([members[0]!, directory], directory);
    const model = await loadModel(directory);
    expect(model.members.map(({name}) => name)).to.deep.equal(['first', 'first-2', 'second', 'third']); // prettier-ignore
    model.dispose();
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    expect(await rejectionOf(exportEnsemble(members, directory))).to.include({
      code: 'OUTPUT_EXISTS',
      found: 'notes.txt',
    });
    expect(readFileSync(join(directory, 'notes.txt'), 'utf8')).to.equal('mine');
  });

  it('copies a model without the files that users added', async () => {
    const member = await exportedMember('with-notes');
    writeFileSync(join(member, 'notes.txt'), 'mine');
    const directory = join(temporaryDirectory(), 'ensemble');
    await exportEnsemble([member], directory);
    expect(existsSync(join(directory, 'members/with-notes/model.safetensors'))).to.equal(true);
    expect(existsSync(join(directory, 'members/with-notes/notes.txt'))).to.equal(false);
  });

  it('is not exported of a model without files for web pages, which its page would load', async () => {
    const member = await exportedMember('bare');
    for (const name of readdirSync(member).filter(each => /^model\.json$|\.bin$/.test(each)))
      rmSync(join(member, name));
    const directory = join(temporaryDirectory(), 'ensemble');
    const error = await rejectionOf(exportEnsemble([members[0]!, member], directory));
    expect(error).to.include({code: 'INVALID_MODEL'});
    expect(error.message).to.match(/lacks model\.json and its shards/);
    expect(existsSync(directory)).to.equal(false);
    // Together they still classify.
    const model = await loadModel([members[0]!, member]);
    expect(model.members).to.have.lengthOf(2);
    model.dispose();
  });

  it('is refused for models of different classes, with the names', async () => {
    const other = await exportedMember('other', {
      classNames: ['dotted', 'plain', 'wavy', 'zigzag'],
    });
    for (const attempt of [
      loadModel([members[0]!, other]),
      exportEnsemble([exported, other], join(temporaryDirectory(), 'ensemble')),
    ]) {
      const error = await rejectionOf(attempt);
      expect(error).to.include({code: 'CLASSES_DIFFER', exitCode: 2});
      expect(error.message).to.match(
        /^\S+ and \S+ have different classes, so they cannot be one ensemble: only \S+ has striped, only \S+other has wavy, zigzag\. Use models of the same classes\.$/,
      );
    }
  });

  const record = (directory: string): string => join(directory, 'ensemble.json');
  const edit = (directory: string, change: (document: Record<string, unknown>) => void): void => {
    const document = JSON.parse(readFileSync(record(directory), 'utf8')) as Record<string, unknown>;
    change(document);
    writeFileSync(record(directory), JSON.stringify(document));
  };
  const DAMAGES: Readonly<Record<string, readonly [(copy: string) => void, RegExp]>> = {
    'a record that is no JSON': [
      copy => writeFileSync(record(copy), '{'),
      /ensemble\.json is not JSON/,
    ],
    'another schema version': [
      copy => edit(copy, document => (document.schemaVersion = 9)),
      /The schema version of the exported model in .* is 9/,
    ],
    'an unknown vote': [
      copy => edit(copy, document => (document.vote = 'loudest')),
      /"vote" cannot be "loudest"\. Use mean, logits or majority\./,
    ],
    'a member outside the folder': [
      copy => edit(copy, document => ((document.members as {name: string}[])[0]!.name = '../..')),
      /"members\.0\.name"/,
    ],
    'a member twice': [
      copy => edit(copy, document => ((document.members as {name: string}[])[1]!.name = 'first')),
      /two members first/,
    ],
    'other classes': [
      copy => edit(copy, document => (document.classes = ['a', 'b', 'c'])),
      /first\/finetune\.json is not of one export with the files next to it: other classes/,
    ],
    'a member that is missing': [
      copy => rmSync(join(copy, 'members/second'), {recursive: true}),
      /second\/finetune\.json does not exist/,
    ],
    'a member from elsewhere': [
      copy => {
        rmSync(join(copy, 'members/first'), {recursive: true});
        cpSync(members[2]!, join(copy, 'members/first'), {recursive: true});
      },
      /first\/finetune\.json has/,
    ],
    'weights that have changed': [
      copy => appendFileSync(join(copy, 'members/third/model.safetensors'), 'x'),
      /third\/model\.safetensors has \d+ bytes instead of/,
    ],
  };
  for (const [name, [damage, message]] of Object.entries(DAMAGES)) {
    it(`is not loaded with ${name}`, async () => {
      const copy = copyOfEnsemble();
      damage(copy);
      const error = await rejectionOf(loadModel(copy));
      expect(error).to.include({code: 'INVALID_MODEL'});
      expect(error.message).to.match(message);
    });
  }

  describe('with test-time augmentation', () => {
    /** What the model says of views that sharp cuts out of the resized image. */
    async function classifyViews(
      model: ExportedModel,
      views: readonly (readonly [left: number, top: number, isMirrored: boolean])[],
    ): Promise<ByClass[]> {
      const {cropSize: side} = model.preprocessing;
      const {data, width, height} = await decodeBytes(photo, model.preprocessing);
      const raw = {raw: {width, height, channels: 3 as const}};
      const mirrored = await sharp(data, raw).flop().raw().toBuffer();
      const all: ByClass[] = [];
      for (const [left, top, isMirrored] of views) {
        const image = sharp(isMirrored ? mirrored : data, raw);
        const crop = await image.extract({left, top, width: side, height: side}).raw().toBuffer();
        const probabilities = model.probabilities(crop);
        all.push(Object.fromEntries(CLASS_NAMES.map((name, i) => [name, probabilities[i]!])));
      }
      return all;
    }

    it('has the mean over an image and its mirror image', async () => {
      const model = await loadModel(members[0]!);
      const {cropSize} = model.preprocessing;
      const {width, height} = await decodeBytes(photo, model.preprocessing);
      const [left, top] = cropPlaces(width, height, cropSize).at(-1)!;
      const views = await classifyViews(model, [
        [left, top, false],
        [left, top, true],
      ]);
      expect(views[0]).to.not.deep.equal(views[1]);
      expectClose(toByClass(await model.classify(photo, {tta: 'flip'})), meanByClass(views));
      model.dispose();
    });

    it('has the mean over ten crops, each of them classified alone', async () => {
      const model = await loadModel(members[0]!);
      const {cropSize} = model.preprocessing;
      const {width, height} = await decodeBytes(photo, model.preprocessing);
      const places = cropPlaces(width, height, cropSize);
      const views = await classifyViews(
        model,
        [false, true].flatMap(isMirrored =>
          places.map(([left, top]) => [left, top, isMirrored] as const),
        ),
      );
      expect(views).to.have.lengthOf(10);
      expectClose(toByClass(await model.classify(photo, {tta: 'ten-crop'})), meanByClass(views));
      model.dispose();
    });

    it('averages the views of each member before the vote', async () => {
      const [first, other] = [members[0]!, await exportedMember('other', {size: 40, seed: 7})];
      const ensemble = await loadModel([first, other], {vote: 'majority'});
      const alone: ByClass[] = [];
      for (const directory of [first, other]) {
        const model = await loadModel(directory);
        alone.push(toByClass(await model.classify(photo, {tta: 'ten-crop'})));
        model.dispose();
      }
      const votes: Record<string, number> = {...meanByClass(alone)};
      for (const of of alone) votes[CLASS_NAMES.toSorted((a, b) => of[b]! - of[a]!)[0]!]! += 1;
      expectClose(
        toByClass(await ensemble.classify(photo, {tta: 'ten-crop'})),
        Object.fromEntries(CLASS_NAMES.map(name => [name, votes[name]! / 3])),
      );
      ensemble.dispose();
    });

    it('takes no crops of a model that was trained without', async () => {
      const model = await loadModel(members[2]!);
      const error = await rejectionOf(model.classify(photo, {tta: 'ten-crop'}));
      expect(error).to.include({code: 'TTA_NEEDS_CROP', exitCode: 2, fit: 'squash'});
      expect(error.message).to.match(/trained with --fit squash, .* Use --tta flip\.$/);
      model.dispose();
    });
  });
});

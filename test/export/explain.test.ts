import {expect} from 'chai';
import sharp from 'sharp';
import {tf} from '../../src/backend/tensorflow.js';
import {ArgumentError} from '../../src/core/arguments.js';
import {AbortedError} from '../../src/core/errors.js';
import {FITS, withFit} from '../../src/core/preprocessing.js';
import {readSquare} from '../../src/datasets/images/read-square.js';
import {ModelDisposedError, type ExportedModel} from '../../src/export/exported-model.js';
import type {ImageExplanation} from '../../src/export/explanation.js';
import {loadModel} from '../../src/export/load-model.js';
import {UnreadableImageError} from '../../src/export/read-pixels.js';
import type {ModelMember} from '../../src/export/model-member.js';
import {useBackend} from '../helpers/backend.js';
import {CLASS_NAMES, differentMembers, exportedMember} from '../helpers/ensembles.js';
import {createPhoto} from '../helpers/photos.js';
import {rejectionOf} from '../helpers/rejection.js';

/** Values as fractions of the largest one. */
const relative = ({maps: [map]}: ImageExplanation): number[] => {
  const largest = Math.max(...map.values);
  return Array.from(map.values, value => value / largest);
};

describe('model.explain', () => {
  useBackend();
  let wide: Buffer;
  before('draw an image of 120 x 60', async () => {
    wide = await sharp(await createPhoto(3)).resize(120, 60, {fit: 'fill'}).png().toBuffer(); // prettier-ignore
  });

  it('shows the evidence for the most likely class, or for the one that is named', async () => {
    const before = tf.memory().numTensors;
    const model = await loadModel(await exportedMember('mlp', {head: {type: 'mlp', pooling: 'avg+max'}})); // prettier-ignore
    const [best, second] = await model.classify(wide);
    const found = await model.explain(wide);
    expect(found).to.include({className: best.className, width: 120, height: 60});
    const [{rows, columns, values}] = found.maps;
    expect(found.maps).to.have.lengthOf(1);
    expect(values).to.have.lengthOf(rows * columns);
    expect(Math.min(...values)).to.be.at.least(0);
    expect(Math.max(...values)).to.be.above(0);
    const other = await model.explain(wide, {className: second!.className});
    expect(other.className).to.equal(second!.className);
    expect(other.maps[0].values).to.not.deep.equal(values);
    expect(await model.explain(wide, {className: best.className})).to.deep.equal(found);
    model.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  for (const fit of FITS)
    it(`says which region the network sees: ${fit}`, async () => {
      const model = await loadModel(await exportedMember(fit, {}, each => withFit(each, fit)));
      const {maps} = await model.explain(wide);
      const {left, top, width, height} = maps[0].region;
      const expected = {
        // The image is resized to 74 x 37. CenterCrop rounds 2.5 to 2.
        crop: [21, 2, 32, 32].map(value => (value * 60) / 37),
        squash: [0, 0, 120, 60],
        pad: [0, -30, 120, 120],
      };
      [left, top, width, height].forEach((value, i) =>
        expect(value).to.be.closeTo(expected[fit][i]!, 1e-9),
      );
      model.dispose();
    });

  it('is that of the upright image for any EXIF orientation', async () => {
    const model = await loadModel(await exportedMember('upright'));
    const upright = await sharp(wide).rotate(90).png().toBuffer();
    const turned = await sharp(wide).withMetadata({orientation: 6}).png().toBuffer();
    const [expected, found] = [await model.explain(upright), await model.explain(turned)];
    expect(found).to.include({width: 60, height: 120, className: expected.className});
    expect(found.maps[0].region).to.deep.equal(expected.maps[0].region);
    const values = relative(expected);
    relative(found).forEach((value, i) => expect(value).to.be.closeTo(values[i]!, 1e-4));
    const plain = relative(await model.explain(wide, {className: found.className}));
    expect(Math.max(...plain.map((value, i) => Math.abs(value - values[i]!)))).to.be.above(0.05);
    model.dispose();
  });

  it('has a map for each network of an ensemble, in the class order of each', async () => {
    const directories = await differentMembers();
    const model = await loadModel(directories);
    const className = CLASS_NAMES[0]!;
    const {maps} = await model.explain(wide, {className});
    expect(maps).to.have.lengthOf(3);
    for (const [i, directory] of directories.entries()) {
      const single = await loadModel(directory);
      const [map] = (await single.explain(wide, {className})).maps;
      expect(maps[i]).to.deep.equal(map);
      single.dispose();
    }
    model.dispose();
  });

  it('computes the maps of the pixels that the network classifies', async () => {
    const model = await loadModel(await exportedMember('pixels'));
    const member: ModelMember = model.members[0];
    const pixels = await readSquare(wide, model.preprocessing);
    const {className, maps} = await model.explain(wide);
    const {rows, columns, values} = member.activationMap(pixels, CLASS_NAMES.indexOf(className));
    expect({rows, columns, values}).to.deep.equal({
      rows: maps[0].rows,
      columns: maps[0].columns,
      values: maps[0].values,
    });
    model.dispose();
  });

  describe('refuses', () => {
    let model: ExportedModel;
    before(async () => (model = await loadModel(await exportedMember('refusing'))));
    after(() => model.dispose());

    it('a class that the model does not have', async () => {
      const error = await rejectionOf(model.explain(wide, {className: 'cats'}));
      expect(error).to.be.instanceOf(ArgumentError);
      expect(error.message).to.equal(
        'options.className of explain() is "cats", which is no class of the model. Its classNames has them.',
      );
    });

    it('what is no image, and a list of images', async () => {
      const unreadable = await rejectionOf(model.explain('nowhere.jpg'));
      expect(unreadable).to.be.instanceOf(UnreadableImageError);
      expect(unreadable.message).to.match(/^nowhere\.jpg cannot be read: there is no such file/);
      const list = await rejectionOf(model.explain([wide] as never));
      expect(list).to.be.instanceOf(ArgumentError);
      expect(list.message).to.match(/^image of explain\(\) is an array\. Give a path/);
    });

    it('to go on after an abort or without its memory', async () => {
      const signal = AbortSignal.abort();
      expect(await rejectionOf(model.explain(wide, {signal}))).to.be.instanceOf(AbortedError);
      const disposed = await loadModel(await exportedMember('disposed'));
      disposed.dispose();
      expect(await rejectionOf(disposed.explain(wide))).to.be.instanceOf(ModelDisposedError);
    });
  });
});

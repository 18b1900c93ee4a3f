import type {Group} from 'h5wasm';
import {expect} from 'chai';
import {h5File} from '../../../helpers/h5-files.js';
import {openKerasH5} from '../../../../src/backbones/readers/keras/keras-h5.js';
import {FormatError} from '../../../../src/backbones/readers/format-error.js';
import {again, readBytes, refusalOf, valuesIn} from '../../../helpers/weights-files.js';

/** Writes a weight where Keras 2 does: in a group of the layer, under its whole name. */
function weight(
  root: Group,
  layer: string,
  name: string,
  values: readonly number[],
  shape: readonly number[] = [values.length],
): void {
  const at = (group: Group, key: string): Group =>
    (group.get(key) as Group | null) ?? group.create_group(key);
  at(at(root, layer), layer).create_dataset({
    name,
    data: Float32Array.from(values),
    shape: [...shape],
  });
}

describe('readKerasH5', () => {
  it('reads a weights file', async () => {
    const file = await readBytes(
      await h5File(root => {
        weight(root, 'conv1_conv', 'kernel:0', [1, 2], [1, 1, 1, 2]);
        weight(root, 'conv1_conv', 'bias:0', [3, 4]);
        root.create_group('conv1_pad');
      }),
    );
    expect(file.format).to.equal('keras-h5');
    expect(file.tensors.get('conv1_conv/kernel:0')!.shape).to.deep.equal([1, 1, 1, 2]);
    expect(valuesIn(file)).to.deep.equal({
      'conv1_conv/kernel:0': [1, 2],
      'conv1_conv/bias:0': [3, 4],
    });
  });

  it('reads the weights of a whole model, and not its optimizer', async () => {
    const bytes = await h5File(root => {
      weight(root.create_group('model_weights'), 'fc', 'bias:0', [1]);
      weight(root.create_group('optimizer_weights'), 'Adam', 'm:0', [2]);
    });
    expect(valuesIn(await readBytes(bytes))).to.deep.equal({'fc/bias:0': [1]});
  });

  it("names the numbered variables of Keras 3's weights files", async () => {
    const layer = (root: Group, path: string, name: string, variables: number) => {
      const vars = root.create_group(path).create_group('vars');
      vars.create_attribute('name', name);
      for (let i = 0; i < variables; i++)
        vars.create_dataset({name: String(i), data: Float32Array.of(i)});
    };
    const bytes = await h5File(root => {
      const layers = root.create_group('layers');
      layer(layers, 'conv2d', 'conv1_conv', 2);
      layer(layers, 'batch_normalization', 'conv1_bn', 4);
      layer(layers, 'normalization', 'normalise', 3);
      layer(root.create_group('optimizer'), 'x', 'adam', 1);
    });
    expect(valuesIn(await readBytes(bytes))).to.deep.equal({
      'layers/conv1_conv/kernel': [0],
      'layers/conv1_conv/bias': [1],
      'layers/conv1_bn/gamma': [0],
      'layers/conv1_bn/beta': [1],
      'layers/conv1_bn/moving_mean': [2],
      'layers/conv1_bn/moving_variance': [3],
      'layers/normalise/0': [0],
      'layers/normalise/1': [1],
      'layers/normalise/2': [2],
    });
  });

  it('makes float32 of doubles, and drops integers, texts and links that lead nowhere', async () => {
    const bytes = await h5File(root => {
      root.create_dataset({name: 'double', data: Float64Array.of(0.1)});
      root.create_dataset({name: 'scalar', data: Float64Array.of(2), shape: []});
      root.create_dataset({name: 'count', data: Int32Array.of(7)});
      root.create_dataset({name: 'text', data: 'hello'});
      root.create_soft_link('/nowhere', 'soft');
      root.create_external_link('/etc/hostname', '/', 'external');
    });
    expect(valuesIn(await readBytes(bytes))).to.deep.equal({
      double: [Math.fround(0.1)],
      scalar: [2],
    });
  });

  it('reads compressed weights', async () => {
    const data = Float32Array.from({length: 4096}, (_, i) => i % 7);
    const bytes = await h5File(root =>
      root.create_dataset({name: 'w', data, chunks: [1024], compression: 'gzip'}),
    );
    expect((await readBytes(bytes)).tensors.get('w')!.data).to.deep.equal(data);
  });

  it('refuses to make more numbers than the file can hold', async () => {
    const bytes = await h5File(root => {
      const dataset = root.create_dataset({
        name: 'w',
        data: new Float32Array(1),
        shape: [1],
        maxshape: [null],
        chunks: [2 ** 20],
        compression: 'gzip',
      });
      dataset.resize([2 ** 28]);
    });
    expect(await refusalOf(bytes)).to.match(
      /^FILE cannot be read as weights: 268,435,456 numbers in a file of [\d,]+ bytes\. Download or save the file again\.$/,
    );
  });

  it('refuses a chunk that is much larger than what is asked of it', async () => {
    const bytes = await h5File(root =>
      root.create_dataset({
        name: 'w',
        data: new Float32Array(1),
        shape: [1],
        maxshape: [null],
        chunks: [2 ** 25],
        compression: 'gzip',
      }),
    );
    expect(await refusalOf(bytes)).to.equal(
      'FILE cannot be read as weights: a chunk of 134,217,728 bytes for "w". Save it without chunks.',
    );
  });

  it('refuses groups that contain themselves', async () => {
    const bytes = await h5File(root => root.create_group('a').create_hard_link('/a', 'a'));
    expect(await refusalOf(bytes)).to.equal(
      `FILE cannot be read as weights: more than 20,000 groups and weights, or 16 inside each other${again}`,
    );
  });

  it('tells the weights of nested models apart', async () => {
    const bytes = await h5File(root => {
      for (const submodel of ['student', 'teacher'])
        weight(root.create_group(submodel), 'fc', 'bias:0', [1]);
    });
    expect(valuesIn(await readBytes(bytes))).to.deep.equal({
      'student/fc/bias:0': [1],
      'teacher/fc/bias:0': [1],
    });
  });

  it('refuses a model_weights that is not a group', async () => {
    const bytes = await h5File(root =>
      root.create_dataset({name: 'model_weights', data: Float32Array.of(1)}),
    );
    expect(await refusalOf(bytes)).to.equal(
      `FILE cannot be read as weights: a model_weights that is not a group${again}`,
    );
  });

  it('does not wait for ever', async () => {
    const bytes = await h5File(root => weight(root, 'fc', 'bias:0', [1]));
    const error: unknown = await openKerasH5(bytes, 0).catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(FormatError)
      .and.to.have.property('reason', 'an HDF5 file without an end after 0 seconds');
  });

  it('refuses broken files in one sentence, and reads whole ones after them', async () => {
    const whole = await h5File(root => weight(root, 'fc', 'bias:0', [1, 2, 3]));
    expect(await refusalOf(whole.subarray(0, -1))).to.match(
      /^FILE cannot be read as weights: a broken HDF5 file \(truncated file: .*\)\. Download or save the file again\.$/,
    );
    for (let length = 8; length < whole.length; length += 397) {
      expect(await refusalOf(whole.subarray(0, length))).to.match(
        /^FILE cannot be read as weights: a broken HDF5 file \([^\n]+\)\. Download or save the file again\.$/,
      );
    }
    expect(valuesIn(await readBytes(whole))).to.deep.equal({'fc/bias:0': [1, 2, 3]});
  });
});

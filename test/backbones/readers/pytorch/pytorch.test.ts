import {expect} from 'chai';
import {createLatin1Encoder} from '../../../../src/backbones/readers/pytorch/numpy-arrays.js';
import {
  build,
  dictionary,
  FALSE,
  global,
  integer,
  integers,
  list,
  NONE,
  pickle,
  reduce,
  text,
  TRUE,
  tuple,
  type Pickled,
} from '../../../helpers/pickles.js';
import {storedZip} from '../../../helpers/stored-zip.js';
import {bytesOf, storage, tensor, torchLegacy, torchZip} from '../../../helpers/torch-files.js';
import {openWeights} from '../../../../src/backbones/readers/read-weights.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {again, fileOf, readBytes, refusalOf, valuesIn} from '../../../helpers/weights-files.js';

const SIX = bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5));
const fc = tensor({key: '0', shape: [2, 3]});
const alone = '. Save model.state_dict() with torch.save and give that file.';

/** A zip file of this root and one storage of six floats, named 0. */
const zip = (root: Pickled): Buffer => torchZip(root, {'0': SIX});

describe('readPyTorch', () => {
  it('reads a state dict, in either format', async () => {
    const root = dictionary({'fc.weight': fc});
    for (const bytes of [zip(root), torchLegacy(root, {'0': {length: 6, bytes: SIX}})]) {
      const file = await readBytes(bytes);
      expect(file.format).to.equal('pytorch');
      expect(file.tensors.get('fc.weight')!.shape).to.deep.equal([2, 3]);
      expect(valuesIn(file)).to.deep.equal({'fc.weight': [0, 1, 2, 3, 4, 5]});
    }
  });

  it('keeps no copy of what lies in the file as it is needed', async () => {
    const root = dictionary({
      a: tensor({key: '0', shape: [3], length: 6}),
      b: tensor({key: '0', shape: [3], length: 6, offset: 3}),
    });
    const {tensors} = await readBytes(zip(root));
    expect(tensors.get('a')!.data.buffer).to.equal(tensors.get('b')!.data.buffer);
  });

  it('puts transposed, strided, repeated and shared elements into order', async () => {
    const view = (shape: readonly number[], strides: readonly number[], offset = 0) =>
      tensor({key: '0', shape, strides, offset, length: 6});
    const root = dictionary({
      transposed: view([3, 2], [1, 3]),
      everyOther: view([3], [2], 1),
      repeated: view([2, 2], [0, 1], 4),
      axes: view([1, 3, 2], [7, 1, 3]),
      thin: view([2, 1, 3], [3, 99, 1]),
      scalar: view([], [], 5),
      empty: view([0, 3], [3, 1], 6),
    });
    expect(valuesIn(await readBytes(zip(root)))).to.deep.equal({
      transposed: [0, 3, 1, 4, 2, 5],
      everyOther: [1, 3, 5],
      repeated: [4, 5, 4, 5],
      axes: [0, 3, 1, 4, 2, 5],
      thin: [0, 1, 2, 3, 4, 5],
      scalar: [5],
      empty: [],
    });
  });

  it('makes float32 of every floating-point type, and drops integers', async () => {
    const storages = {
      h: bytesOf(Uint16Array.of(0x3c00)),
      b: bytesOf(Uint16Array.of(0x3f80)),
      d: bytesOf(Float64Array.of(0.1)),
      l: bytesOf(BigInt64Array.of(7n)),
    };
    const one = (key: string, type: string) => tensor({key, type, shape: [1]});
    const root = {
      h: one('h', 'HalfStorage'),
      b: one('b', 'BFloat16Storage'),
      d: one('d', 'DoubleStorage'),
      l: one('l', 'LongStorage'),
    };
    const values = {h: [1], b: [1], d: [Math.fround(0.1)]};
    expect(valuesIn(await readBytes(torchZip(dictionary(root), storages)))).to.deep.equal(values);
    const lengths = Object.fromEntries(
      Object.entries(storages).map(([key, bytes]) => [key, {length: 1, bytes}]),
    );
    expect(valuesIn(await readBytes(torchLegacy(dictionary(root), lengths)))).to.deep.equal(values);
  });

  it('takes parameters, and state dicts with metadata', async () => {
    const parameter = reduce(
      global('torch._utils', '_rebuild_parameter'),
      fc,
      TRUE,
      reduce(global('collections', 'OrderedDict')),
    );
    const old = reduce(
      global('torch._utils', '_rebuild_tensor'),
      storage('FloatStorage', '0', 6),
      integer(0),
      tuple(integer(1)),
      tuple(integer(1)),
    );
    const root = build(
      dictionary({parameter, old}),
      dictionary({_metadata: dictionary({version: integer(2)})}),
    );
    expect(valuesIn(await readBytes(zip(root)))).to.deep.equal({
      parameter: [0, 1, 2, 3, 4, 5],
      old: [0],
    });
  });

  const weights = dictionary({'conv1.weight': fc});
  const object = (module: string, name: string, state: Pickled) =>
    build(reduce(global(module, name)), state);
  const fields = dictionary({
    _parameters: dictionary({weight: fc, bias: NONE}),
    _buffers: dictionary({}),
  });
  const layer = object('torch.nn.modules.conv', 'Conv2d', fields);
  const FOUND: readonly (readonly [what: string, root: Pickled, names: readonly string[]])[] = [
    [
      'dictionaries inside each other',
      dictionary({net: dictionary({model: weights}), epoch: integer(3)}),
      ['net.model.conv1.weight'],
    ],
    [
      'all of several',
      dictionary({ema: weights, model: dictionary({a: fc})}),
      ['ema.conv1.weight', 'model.a'],
    ],
    ['lists', list(NONE, weights), ['1.conv1.weight']],
    [
      'whole modules, whose classes are not looked up',
      object('__main__', 'Net', dictionary({_modules: dictionary({conv1: layer})})),
      ['conv1.weight'],
    ],
    [
      'objects of unknown classes',
      dictionary({trainer: object('my', 'State', dictionary({net: weights}))}),
      ['trainer.net.conv1.weight'],
    ],
  ];

  for (const [what, root, names] of FOUND) {
    it(`finds the tensors in ${what}`, async () => {
      expect([...(await readBytes(zip(root))).tensors.keys()]).to.deep.equal(names);
    });
  }

  it('decodes no more than it is asked for', async () => {
    const root = dictionary({a: fc, b: tensor({key: 'b', shape: [2], length: 2 ** 30})});
    const file = await openWeights(fileOf(zip(root)));
    expect([...(await file.tensors.get('a')!.read())]).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect((await rejectionOf(file.tensors.get('b')!.read())).message).to.match(
      /^.* cannot be read as weights: 4,294,967,296 bytes for "b", far more than it needs\. Download or save the file again\.$/,
    );
    await file.close();
  });

  describe('arrays of NumPy', () => {
    const type = (code: string, order = '<') =>
      build(
        reduce(global('numpy', 'dtype'), text(code), FALSE, TRUE),
        tuple(integer(3), text(order), NONE),
      );
    const latin1 = (bytes: Buffer) =>
      reduce(global('_codecs', 'encode'), text(bytes.toString('latin1')), text('latin1'));
    const array = (
      shape: readonly number[],
      bytes: Buffer,
      dtype = type('f4'),
      columnMajor = FALSE,
    ) =>
      build(
        reduce(
          global('numpy.core.multiarray', '_reconstruct'),
          global('numpy', 'ndarray'),
          integers([0]),
          text('b'),
        ),
        tuple(integer(1), integers(shape), dtype, columnMajor, latin1(bytes)),
      );
    const fromBuffer = reduce(
      global('numpy._core.numeric', '_frombuffer'),
      latin1(SIX),
      type('f4'),
      integers([3, 2]),
      text('F'),
    );
    const root = dictionary({
      rows: array([2, 3], SIX),
      columns: array([3, 2], SIX, type('f4'), TRUE),
      fromBuffer,
      doubles: array([1], bytesOf(Float64Array.of(0.5)), type('f8')),
      integers: array([1], bytesOf(Int32Array.of(1)), type('i4')),
      bigEndian: array([6], SIX, type('f4', '>')),
      short: array([7], SIX),
    });
    const VALUES = {
      rows: [0, 1, 2, 3, 4, 5],
      columns: [0, 3, 1, 4, 2, 5],
      fromBuffer: [0, 3, 1, 4, 2, 5],
      doubles: [0.5],
    };

    it('are read where torch.save wrote them', async () => {
      expect(valuesIn(await readBytes(torchZip(root, {})))).to.deep.equal(VALUES);
    });

    it('are read from a pickle by itself', async () => {
      expect(valuesIn(await readBytes(pickle(root)))).to.deep.equal(VALUES);
    });

    it('are encoded once, so that one text cannot be made to fill the memory', async () => {
      const encode = createLatin1Encoder();
      expect(encode(['ä'])).to.deep.equal(Buffer.of(0xe4));
      expect(encode(['ä'])).to.equal(encode(['ä']));
      expect(encode([1])).to.be.instanceOf(Map);
    });
  });

  const weightsOf = (fields: Partial<Parameters<typeof tensor>[0]>) =>
    zip(dictionary({w: tensor({key: '0', shape: [6], ...fields})}));
  const entries = {'a/data.pkl': Buffer.from('80024e2e', 'hex')};
  const REFUSED: readonly (readonly [what: string, file: Buffer, found: string | RegExp])[] = [
    [
      'code to run',
      zip(dictionary({w: fc, x: reduce(global('os', 'system'), text('true'))})),
      'a pickle that asks for os.system, which weights do not need. Save model.state_dict() alone with torch.save and give that file, and do not open this one in Python unless you trust its source.',
    ],
    ['a single tensor', zip(fc), `a single tensor without a name${alone}`],
    [
      'a list of numbers',
      zip(list(integer(1))),
      `a pickled value that is not a dictionary of tensors${alone}`,
    ],
    [
      'an empty dictionary',
      zip(dictionary({})),
      `a dictionary with nothing in it, and no tensor inside${alone}`,
    ],
    [
      'integers alone',
      torchZip(dictionary({n: tensor({key: '0', shape: [1], type: 'LongStorage'})}), {
        '0': Buffer.alloc(8),
      }),
      'no tensor of floating-point numbers. Give a file with the weights of a network.',
    ],
    [
      'a shape beyond the storage',
      weightsOf({shape: [7], length: 6}),
      `tensor "w" reaching beyond the 6 elements of its storage${again}`,
    ],
    [
      'an offset beyond the storage',
      weightsOf({shape: [2], offset: 5, length: 6}),
      `tensor "w" reaching beyond the 6 elements of its storage${again}`,
    ],
    [
      'strides beyond the storage',
      weightsOf({shape: [2, 2], strides: [5, 1], length: 6}),
      `tensor "w" reaching beyond the 6 elements of its storage${again}`,
    ],
    [
      'repetition without an end',
      weightsOf({shape: [2 ** 30, 2 ** 20], strides: [0, 0], length: 6}),
      /^1,125,899,906,842,624 numbers in a file of [\d,]+ bytes\. /,
    ],
    [
      'a negative stride',
      weightsOf({strides: [-1]}),
      `a tensor without a valid storage, offset, shape and strides${again}`,
    ],
    [
      'as many strides as axes and one',
      weightsOf({strides: [1, 1]}),
      `a tensor without a valid storage, offset, shape and strides${again}`,
    ],
    [
      'a storage shorter than its entry',
      weightsOf({shape: [5]}),
      `24 bytes in entry "archive/data/0", whose storage takes 20${again}`,
    ],
    [
      'a storage of another type elsewhere',
      zip(dictionary({a: fc, b: tensor({key: '0', shape: [6], type: 'IntStorage'})})),
      `two descriptions of storage "0" that differ${again}`,
    ],
    [
      'a storage that is absent',
      zip(dictionary({w: tensor({key: '../1', shape: [6]})})),
      `no entry "archive/data/../1" for a storage of 24 bytes${again}`,
    ],
    [
      'big-endian numbers',
      torchZip(weights, {'0': SIX}, {byteOrder: 'big'}),
      'numbers in "big" byte order. Save it on a little-endian machine.',
    ],
    [
      'a wrong checksum',
      torchZip(weights, {'0': SIX}, {lies: {'archive/data/0': {crc: 1}}}),
      `a broken zip archive (another checksum than the archive names)${again}`,
    ],
    [
      'an entry that claims more than there is',
      torchZip(weights, {'0': SIX}, {lies: {'archive/data.pkl': {size: 10_000}}}),
      `a broken zip archive (file data overflows file bounds: 46 + 10000 > 545)${again}`,
    ],
    [
      'a pickle that claims to be enormous',
      torchZip(weights, {'0': SIX}, {lies: {'archive/data.pkl': {size: 64_000_001}}}),
      /^an entry "archive\/data\.pkl" of 64,000,001 bytes, above the limit of [\d,]+\. /,
    ],
    [
      'another zip archive',
      storedZip({'word/document.xml': SIX}),
      'a zip archive without the one data.pkl of torch.save. Give a file that torch.save or Keras wrote.',
    ],
    [
      'two pickles',
      storedZip({...entries, 'b/data.pkl': SIX}),
      'a zip archive without the one data.pkl of torch.save. Give a file that torch.save or Keras wrote.',
    ],
    [
      'a .keras archive without weights inside',
      storedZip({'config.json': SIX, 'model.weights.h5': SIX}),
      /^a broken HDF5 file \(.*\)\. Download or save the file again\.$/,
    ],
    [
      'a truncated zip archive',
      zip(weights).subarray(0, 300),
      `a broken zip archive (End of central directory record signature not found. Either not a zip file, or file is truncated.)${again}`,
    ],
    [
      'a legacy storage of another length',
      torchLegacy(weights, {'0': {length: 7, bytes: SIX}}),
      `7 elements in storage "0", which has 6${again}`,
    ],
    [
      'a legacy file without its storage',
      torchLegacy(weights, {}),
      `a list of storages that is not the list of those the tensors use${again}`,
    ],
    [
      'a legacy file with another storage',
      torchLegacy(weights, {'1': {length: 6, bytes: SIX}}),
      `a list of storages that is not the list of those the tensors use${again}`,
    ],
    [
      'a truncated legacy file',
      torchLegacy(weights, {'0': {length: 6, bytes: SIX}}).subarray(0, -1),
      `a cut at byte 288, where 1 more were to follow${again}`,
    ],
    [
      'another legacy protocol',
      torchLegacy(weights, {}, {protocol: 1002}),
      `a PyTorch file of another protocol than 1001${again}`,
    ],
    [
      'a legacy file of a big-endian machine',
      torchLegacy(weights, {}, {littleEndian: NONE}),
      'numbers in big-endian byte order. Save it on a little-endian machine.',
    ],
    [
      'a pickle of something else',
      Buffer.from('80024b012e', 'hex'),
      'a pickle that torch.save did not write. Give a file that torch.save wrote.',
    ],
  ];

  for (const [what, file, found] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const sentence = (await refusalOf(file)).replace('FILE cannot be read as weights: ', '');
      if (typeof found === 'string') expect(sentence).to.equal(found);
      else expect(sentence).to.match(found);
    });
  }

  it('refuses a view of a storage, as files of 2017 may hold', async () => {
    const id = tuple(
      text('storage'),
      global('torch', 'FloatStorage'),
      text('0'),
      text('cpu'),
      integer(6),
      tuple(text('1'), integer(2), integer(3)),
    );
    const root = dictionary({
      w: reduce(
        global('torch._utils', '_rebuild_tensor_v2'),
        Buffer.concat([id, Buffer.from('Q')]),
      ),
    });
    expect(await refusalOf(zip(root))).to.equal(
      `FILE cannot be read as weights: a pickle that refers to something other than a whole storage${again}`,
    );
  });

  it('looks once at dictionaries that contain each other', async () => {
    const knot = Buffer.concat([
      Buffer.from('7d7100', 'hex'),
      ...['state_dict', 'model', 'net', 'ema'].map(key =>
        Buffer.concat([text(key), Buffer.from('680073', 'hex')]),
      ),
    ]);
    expect(await refusalOf(zip(knot))).to.contain(
      'a dictionary with "state_dict", "model", "net", "ema", and no tensor inside',
    );
  });
});

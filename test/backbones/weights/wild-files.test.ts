import {expect} from 'chai';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  chooseBackbone,
  type BackboneChoice,
} from '../../../src/backbones/weights/choose-backbone.js';
import {collectBackboneTensors} from '../../../src/backbones/weights/backbone-search.js';
import {openWeights} from '../../../src/backbones/readers/read-weights.js';
import {ARCHS, type BackboneSpec} from '../../../src/backbones/resnet-specs.js';
import {writeSafetensors} from '../../../src/backbones/weights/safetensors-writer.js';
import {readFiniteTensors} from '../../../src/backbones/weights/weights-values.js';
import type {CpuTensor} from '../../../src/core/state-dict.js';
import {
  below,
  detectron2,
  headless,
  huggingFace,
  keras20,
  kerasApplications,
  numbered,
  renamed,
  stateDict,
  tfjsOwn,
  torchSaved,
  type Saved,
  type StateDict,
} from '../../helpers/checkpoints.js';
import {h5File} from '../../helpers/h5-files.js';
import {build, dictionary, global, reduce} from '../../helpers/pickles.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {storedZip} from '../../helpers/stored-zip.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {bytesOf, tensor, torchZip} from '../../helpers/torch-files.js';
import {fileOf} from '../../helpers/weights-files.js';

/** A ResNet-18 up to stage 2: every kind of part is in it, and it is quickly written. */
const SPEC: BackboneSpec = {
  arch: 'resnet18',
  lastStage: 2,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
};
const OURS = stateDict('resnet18', 2);
const OTHERS = stateDict('resnet18', 2, 'other ');
const BODY = headless(OURS);

const zeros = (...shape: readonly number[]): CpuTensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const HEAD = {'head.fc.weight': zeros(3, 128), 'head.fc.bias': zeros(3)};
const ADAM = {
  state: {0: {step: 3, exp_avg: zeros(64, 3, 7, 7), exp_avg_sq: zeros(64, 3, 7, 7)}},
  param_groups: [{lr: 1}],
};

type Build = () => string | Promise<string>;

const torch =
  (saved: Saved, format?: 'legacy'): Build =>
  () =>
    fileOf(torchSaved(saved, format));

function safetensors(tensors: StateDict, name = 'model.safetensors'): Promise<string> {
  const path = join(temporaryDirectory(), name);
  return writeSafetensors(path, new Map(Object.entries(tensors)), {}).then(() => path);
}

/** A folder of these files; what is no tensors is written as JSON. */
async function folder(
  files: Readonly<Record<string, {readonly tensors: StateDict} | object>>,
): Promise<string> {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), {recursive: true});
    if (!('tensors' in content)) writeFileSync(path, JSON.stringify(content));
    else if (name.endsWith('.bin')) writeFileSync(path, torchSaved(content.tensors as StateDict));
    else await writeSafetensors(path, new Map(Object.entries(content.tensors as StateDict)), {});
  }
  return directory;
}

/** Tensors in two files and an index of them. */
function sharded(
  tensors: StateDict,
  extension: string,
  index: string,
  lie: Readonly<Record<string, string>> = {},
): Promise<string> {
  const names = Object.keys(tensors);
  const shardOf = (i: number): string => `part-${(i % 2) + 1}-of-2${extension}`;
  const part = (n: number) => ({
    tensors: Object.fromEntries(
      names.filter((_, i) => i % 2 === n).map(name => [name, tensors[name]!]),
    ),
  });
  const map = Object.fromEntries(names.map((name, i) => [name, shardOf(i)]));
  return folder({
    [shardOf(0)]: part(0),
    [shardOf(1)]: part(1),
    [index]: {metadata: {}, weight_map: {...map, ...lie}},
  });
}

const hdf5 = (tensors: StateDict, place: (name: string) => string): Promise<Buffer> =>
  h5File(file => {
    for (const [name, {shape, data}] of Object.entries(tensors)) {
      const parts = place(name).split('/');
      const key = parts.pop()!;
      const at = parts.reduce(
        (group, part) => (group.get(part) ?? group.create_group(part)) as typeof group,
        file as ReturnType<typeof file.create_group>,
      );
      at.create_dataset({name: key, data, shape: [...shape]});
    }
  });

const layerOf = (name: string): string => name.split('/')[0]!;

function tfjs(tensors: StateDict): Promise<string> {
  const weights = Object.entries(tensors).map(([name, {shape}]) => ({
    name,
    shape,
    dtype: 'float32',
  }));
  return folder({'model.json': {weightsManifest: [{paths: ['w.bin'], weights}]}}).then(
    directory => {
      writeFileSync(
        join(directory, 'w.bin'),
        Buffer.concat(Object.values(tensors).map(({data}) => bytesOf(data))),
      );
      return directory;
    },
  );
}

/** All numbers in one storage, as flattened parameters are saved. */
function flat(tensors: StateDict): Buffer {
  const all = Object.entries(tensors);
  const length = all.reduce((sum, [, {data}]) => sum + data.length, 0);
  let offset = 0;
  const views = all.map(([name, {shape, data}]) => {
    const view = tensor({key: '0', shape, offset, length});
    offset += data.length;
    return [name, view] as const;
  });
  return torchZip(dictionary(Object.fromEntries(views)), {
    '0': Buffer.concat(all.map(([, {data}]) => bytesOf(data))),
  });
}

const WHOLE: readonly (readonly [what: string, build: Build])[] = [
  ['a state dict of torchvision', torch(OURS)],
  ['one saved before PyTorch 1.6', torch(OURS, 'legacy')],
  ['one in safetensors', () => safetensors(OURS)],
  [
    "PyTorch's ImageNet script, best_acc1 beside",
    torch({
      best_acc1: zeros(),
      epoch: 3,
      arch: 'resnet18',
      state_dict: below('module.', OURS),
      optimizer: ADAM,
    }),
  ],
  ['a tensor before the weights', torch({acc: zeros(1), model: OURS})],
  ['an optimizer before the weights', torch({optimizer_state_dict: ADAM, model_state_dict: OURS})],
  ['torch.compile', torch(below('_orig_mod.', OURS))],
  ['torch.compile in DistributedDataParallel', torch(below('module._orig_mod.', OURS))],
  [
    'Lightning, the network called model',
    torch({
      state_dict: below('model.', OURS),
      hyper_parameters: {lr: 1},
      callbacks: {best: zeros()},
    }),
  ],
  [
    'Lightning, the network called net, metrics beside',
    torch({state_dict: {...below('net.', BODY), 'val_acc.total': zeros(), ...HEAD}}),
  ],
  ['MMPretrain', torch({meta: {}, state_dict: {...below('backbone.', BODY), ...HEAD}})],
  ['timm with an average', torch({state_dict: OURS, state_dict_ema: OTHERS})],
  ['an average before the weights', torch({model_ema: OTHERS, model: OURS})],
  ['an average alone', torch({ema: OURS, epoch: 1})],
  [
    'MoCo',
    torch({
      state_dict: {
        ...below('module.encoder_k.', OTHERS),
        ...below('module.encoder_q.', OURS),
        'module.queue': zeros(8, 4),
      },
    }),
  ],
  [
    'DINO',
    torch({
      teacher: below('backbone.', OTHERS),
      student: {...below('module.backbone.', BODY), ...HEAD},
      dino_loss: {center: zeros(1, 4)},
    }),
  ],
  [
    'SwAV',
    torch({
      ...below('module.', BODY),
      'module.projection_head.0.weight': zeros(4, 4),
      'module.prototypes.weight': zeros(4, 4),
    }),
  ],
  ['BYOL', torch({target_network: OTHERS, online_network: OURS})],
  [
    'a student beside a deeper teacher',
    torch({...below('teacher.', stateDict('resnet34', 2)), ...below('student.backbone.', BODY)}),
  ],
  ['the children of a ResNet', torch(numbered(BODY, 4))],
  [
    'fastai',
    torch({
      model: {...below('0.', numbered(BODY, 4)), '1.8.weight': zeros(3, 4)},
      opt: {hypers: []},
    }),
  ],
  ['a feature extractor without relu and pool', torch(below('features.', numbered(BODY, 2)))],
  ['stages behind a stem', torch(below('encoder.', numbered(BODY, 1, ['0.0', '0.1'])))],
  [
    'a stem called layer0',
    torch(renamed(OURS, name => name.replace(/^(conv1|bn1)\./, 'layer0.$1.'))),
  ],
  [
    'shortcuts called shortcut',
    torch(renamed(OURS, name => name.replace('downsample.', 'shortcut.'))),
  ],
  [
    'gamma, beta, moving_mean',
    torch(
      renamed(OURS, name =>
        name
          .replace(/(bn\d|downsample\.1)\.weight/, '$1.gamma')
          .replace('running_mean', 'moving_mean'),
      ),
    ),
  ],
  [
    'counters of batches as floats',
    torch({
      ...OURS,
      'bn1.num_batches_tracked': zeros(),
      'layer1.0.bn1.num_batches_tracked': zeros(),
    }),
  ],
  [
    'a detector of torchvision',
    torch({
      model: {
        ...below('backbone.body.', BODY),
        'backbone.fpn.inner_blocks.0.0.weight': zeros(4, 4, 1, 1),
      },
    }),
  ],
  ['detectron2', torch({model: below('backbone.bottom_up.', detectron2(OURS))})],
  [
    'Hugging Face in safetensors',
    () => safetensors({...huggingFace(OURS), 'classifier.1.weight': zeros(3, 8)}),
  ],
  [
    'Hugging Face without its wrapper',
    torch(renamed(huggingFace(OURS), name => name.replace('resnet.', ''))),
  ],
  [
    'a folder of Hugging Face',
    () =>
      folder({
        'config.json': {model_type: 'resnet'},
        'model.safetensors': {tensors: huggingFace(OURS)},
      }),
  ],
  [
    'a folder of Hugging Face, for PyTorch',
    () => folder({'config.json': {}, 'pytorch_model.bin': {tensors: huggingFace(OURS)}}),
  ],
  [
    'a folder of timm',
    () => folder({'config.json': {architecture: 'resnet18'}, 'model.safetensors': {tensors: OURS}}),
  ],
  [
    'shards of safetensors',
    () => sharded(huggingFace(OURS), '.safetensors', 'model.safetensors.index.json'),
  ],
  [
    'the index of such shards',
    async () =>
      join(
        await sharded(OURS, '.safetensors', 'model.safetensors.index.json'),
        'model.safetensors.index.json',
      ),
  ],
  ['shards of PyTorch', () => sharded(OURS, '.bin', 'pytorch_model.bin.index.json')],
  [
    'a folder with one file',
    () => folder({'weights-17.safetensors': {tensors: OURS}, 'notes.json': {}}),
  ],
  ["a run's model", () => folder({'model/model.safetensors': {tensors: OURS}})],
  ['one storage for all', () => fileOf(flat(OURS))],
  [
    'an object that keeps the weights',
    () =>
      fileOf(
        torchSaved({
          trainer: build(
            reduce(global('my.trainer', 'Trainer')),
            dictionary({epoch: reduce(global('numpy', 'float64'))}),
          ),
          net: OURS,
        }),
      ),
  ],
  ['eight dictionaries inside each other', torch({a: {b: {c: {d: {e: {f: {g: {h: OURS}}}}}}}})],
  [
    'pairs of names and tensors',
    torch({net: Object.entries(OURS).map(([name, value]) => [name, value])}),
  ],
  [
    'FSDP and checkpointing inside',
    torch(
      renamed(
        OURS,
        name =>
          `_fsdp_wrapped_module.${name.replace(/^layer(\d)\./, 'layer$1._fsdp_wrapped_module.').replace('conv1.', '_checkpoint_wrapped_module.conv1.')}`,
      ),
    ),
  ],
  [
    'blocks compiled one by one',
    torch(renamed(OURS, name => name.replace(/^(layer\d\.\d)\./, '$1._orig_mod.'))),
  ],
  ['norms called norm1, norm2', torch(renamed(OURS, name => name.replace(/bn(\d)/, 'norm$1')))],
  ['a pair of numbers and weights', torch([3, {weights: OURS}])],
  [
    'Keras Applications',
    async () => fileOf(await hdf5(kerasApplications(OURS), name => `${layerOf(name)}/${name}:0`)),
  ],
  [
    'Keras Applications, a whole model',
    async () =>
      fileOf(
        await hdf5(kerasApplications(OURS), name => `model_weights/${layerOf(name)}/${name}:0`),
      ),
  ],
  [
    'Keras Applications inside another model',
    async () =>
      fileOf(
        await hdf5({...kerasApplications(OURS), 'dense/kernel': zeros(4, 4)}, name =>
          name.startsWith('dense') ? `dense/${name}:0` : `resnet/${name}:0`,
        ),
      ),
  ],
  [
    "Keras under TensorFlow's scopes",
    async () =>
      fileOf(await hdf5(kerasApplications(OURS), name => `${layerOf(name)}/resnet50/${name}:0`)),
  ],
  [
    'Keras 2.0',
    async () => fileOf(await hdf5(keras20(OURS), name => `${layerOf(name)}/${name}:0`)),
  ],
  [
    'a .keras archive',
    async () =>
      fileOf(
        storedZip({
          'config.json': Buffer.from('{}'),
          'model.weights.h5': await hdf5(kerasApplications(OURS), name => `layers/${name}`),
        }),
      ),
  ],
  ['a tfjs model of Keras Applications', () => tfjs(kerasApplications(OURS))],
  [
    'a tfjs model of this project',
    () => tfjs({...tfjsOwn(OURS), 'normalize/kernel': zeros(1, 1, 3, 3), 'fc/kernel': zeros(4, 3)}),
  ],
];

const without = (pattern: RegExp): StateDict =>
  renamed(OURS, name => (pattern.test(name) ? undefined : name));
const changed = (name: string, change: (tensor: CpuTensor) => CpuTensor): StateDict => ({
  ...OURS,
  [name]: change(OURS[name]!),
});
const at = (name: string, value: number): StateDict =>
  changed(name, ({shape, data}) => ({shape, data: data.with(7, value)}));
const HALF = Object.fromEntries(Object.entries(OURS).slice(0, 20));

const LACKING: readonly (readonly [what: string, build: Build, sentence: RegExp])[] = [
  [
    'a classifier alone',
    torch({'fc.weight': zeros(3, 4), 'fc.bias': zeros(3)}),
    /holds no ResNet: none of its 2 tensors \(fc\.weight, fc\.bias\)/,
  ],
  [
    'an optimizer alone',
    torch({optimizer: ADAM}),
    /holds no ResNet: none of its 2 tensors \(optimizer\.state\.0\.exp_avg, /,
  ],
  [
    'stage 1 alone',
    torch(without(/^layer2/)),
    /holds only stage 1 of a resnet18, .* Add --last-stage 1, or/,
  ],
  [
    'no stem',
    torch(without(/^(conv1|bn1)\./)),
    /5 of its 50 tensors are missing \(conv1\.weight, bn1\.weight, /,
  ],
  [
    'no filter of the stem',
    torch(without(/^conv1\./)),
    /1 of its 50 tensors is missing \(conv1\.weight\)/,
  ],
  [
    'one statistic less',
    torch(without(/^layer2\.1\.bn2\.running_var/)),
    /1 of its 50 tensors is missing \(layer2\.1\.bn2\.running_var\)/,
  ],
  [
    'no statistics',
    torch(without(/running/)),
    /20 of its 50 tensors are missing .* group norm, or one without statistics/,
  ],
  [
    'no shortcut',
    torch(without(/downsample/)),
    /holds a resnet18_a or plain18, not a resnet18\. Add --arch resnet18_a or plain18\./,
  ],
  [
    'a name misspelt',
    torch(renamed(OURS, name => name.replace('layer1.0.bn1.bias', 'layer1.0.bn1.bais'))),
    /nearest name in the file is layer1\.0\.bn1\.bais/,
  ],
  ['half of the tensors', torch(HALF), /of its 50 tensors are missing \(layer1\.1\./],
  [
    'half of the tensors below a prefix',
    torch({state_dict: below('module.backbone.', HALF)}),
    /of its 50 tensors are missing \(layer1\.1\./,
  ],
  [
    'a ResNet-34',
    torch(stateDict('resnet34', 2)),
    /holds a resnet34, not a resnet18\. Add --arch resnet34\./,
  ],
  [
    'a ResNet-50',
    torch({model: stateDict('resnet50', 2)}),
    /holds a resnet50, not a resnet18\. Add --arch resnet50\./,
  ],
  [
    'a ResNet-50 of Hugging Face',
    () => safetensors(huggingFace(stateDict('resnet50', 2))),
    /holds a resnet50, not a resnet18\./,
  ],
  [
    'stage 1 of a ResNet-50',
    torch(stateDict('resnet50', 1)),
    /holds only stage 1 of a resnet50, .* Add --arch resnet50 --last-stage 1/,
  ],
  [
    'a stem for gray images',
    torch({...OURS, 'conv1.weight': zeros(64, 1, 7, 7)}),
    /conv1\.weight is 64 x 1 x 7 x 7, not 64 x 3 x 7 x 7/,
  ],
  [
    'a stem for small images',
    torch({...OURS, 'conv1.weight': zeros(64, 3, 3, 3)}),
    /conv1\.weight is 64 x 3 x 3 x 3, .* small images \(CIFAR\)/,
  ],
  [
    'squeeze and excitation',
    torch({...OURS, 'layer1.0.se.fc1.weight': zeros(4, 64, 1, 1)}),
    /1 tensor inside its stages does not belong to it \(layer1\.0\.se\.fc1\.weight\).* SE-ResNet/,
  ],
  [
    'attention in a block',
    torch({...OURS, 'layer2.1.eca.conv.weight': zeros(1, 1, 3)}),
    /layer2\.1\.eca\.conv\.weight\)\. .* attention/,
  ],
  [
    'a block more',
    torch({...OURS, 'layer2.2.conv1.weight': zeros(128, 128, 3, 3)}),
    /1 tensor inside its stages does not belong to it \(layer2\.2\.conv1\.weight\)/,
  ],
  [
    'a bias of another width',
    torch({...OURS, 'layer1.0.conv1.bias': zeros(63)}),
    /does not belong to it \(layer1\.0\.conv1\.bias\)/,
  ],
  [
    'blur filters',
    torch({...OURS, 'layer2.0.conv2.0.filt': zeros(128, 1, 3, 3)}),
    /1 tensor inside its stages does not belong to it \(layer2\.0\.conv2\.0\.filt\)/,
  ],
  [
    'a deep stem',
    torch(renamed(OURS, name => name.replace('conv1.weight', 'conv1.0.weight'))),
    /deep stem \(ResNet-C or ResNet-D\)/,
  ],
  [
    'a wide network',
    torch({...OURS, 'layer1.0.conv2.weight': zeros(128, 128, 3, 3)}),
    /layer1\.0\.conv2\.weight is 128 x 128 x 3 x 3.* Wide ResNet/,
  ],
  [
    'a network of groups',
    torch({...OURS, 'layer1.0.conv2.weight': zeros(128, 4, 3, 3)}),
    /layer1\.0\.conv2\.weight is 128 x 4 x 3 x 3.* ResNeXt/,
  ],
  [
    'filters of 1 x 1',
    torch({...OURS, 'layer2.1.conv1.weight': zeros(128, 128, 1, 1)}),
    /layer2\.1\.conv1\.weight is 128 x 128 x 1 x 1/,
  ],
  [
    'vectors',
    torch(
      Object.fromEntries(Object.entries(OURS).map(([name, {data}]) => [name, zeros(data.length)])),
    ),
    /conv1\.weight is 9408, not 64 x 3 x 7 x 7/,
  ],
  [
    "filters as TensorFlow has them, under torchvision's names",
    torch({...OURS, 'conv1.weight': zeros(7, 7, 3, 64)}),
    /conv1\.weight is 7 x 7 x 3 x 64/,
  ],
  [
    'a VGG',
    torch({'features.0.weight': zeros(64, 3, 3, 3), 'classifier.0.weight': zeros(4, 4)}),
    /holds no ResNet.* VGG/,
  ],
  [
    'a DenseNet',
    torch({'features.denseblock1.denselayer1.conv1.weight': zeros(4, 4, 1, 1)}),
    /DenseNet/,
  ],
  [
    'a vision transformer',
    torch({'patch_embed.proj.weight': zeros(4, 3, 4, 4), cls_token: zeros(1, 1, 4)}),
    /holds no ResNet.* vision transformer/,
  ],
  [
    'a NaN',
    torch(at('layer1.0.conv1.weight', NaN)),
    /1 of the 36,864 numbers of tensor "layer1\.0\.conv1\.weight" not finite/,
  ],
  [
    'an infinite number below a prefix',
    torch({model: below('module.', at('bn1.bias', Infinity))}),
    /1 of the 64 numbers of tensor "model\.module\.bn1\.bias" not finite/,
  ],
  [
    'a negative variance',
    torch(at('bn1.running_var', -0.5)),
    /1 of the 64 numbers of tensor "bn1\.running_var" below zero/,
  ],
  ['a NaN in safetensors', () => safetensors(at('layer1.0.conv1.weight', NaN)), /not finite/],
  [
    'a negative variance of Keras',
    async () =>
      fileOf(
        await hdf5(
          kerasApplications(at('bn1.running_var', -1)),
          name => `${layerOf(name)}/${name}:0`,
        ),
      ),
    /"conv1_bn\/moving_variance:0" below zero/,
  ],
  [
    'a NaN in a tfjs model',
    () => tfjs(kerasApplications(at('bn1.weight', NaN))),
    /"conv1_bn\/gamma" not finite/,
  ],
  [
    'a shard that is missing',
    () =>
      sharded(OURS, '.safetensors', 'model.safetensors.index.json', {
        'fc.bias': 'part-3-of-2.safetensors',
      }),
    /no shard part-3-of-2\.safetensors of the 3 that its index names/,
  ],
  [
    'a shard outside the folder',
    () => sharded(OURS, '.safetensors', 'model.safetensors.index.json', {x: '../x.safetensors'}),
    /a shard outside the model's folder \("\.\.\/x\.safetensors"\)/,
  ],
  [
    'a shard without what its index says',
    () =>
      sharded(OURS, '.safetensors', 'model.safetensors.index.json', {
        gone: 'part-1-of-2.safetensors',
      }),
    /no tensor "gone" in shard part-1-of-2\.safetensors/,
  ],
  [
    'one tensor in two shards',
    () =>
      folder({
        'a.safetensors': {tensors: OURS},
        'b.safetensors': {tensors: {'fc.bias': zeros(3)}},
        'model.safetensors.index.json': {
          weight_map: {'conv1.weight': 'a.safetensors', 'fc.bias': 'b.safetensors'},
        },
      }),
    /tensor "fc\.bias" in two shards \(b\.safetensors is the second\)/,
  ],
  [
    'an index that names itself',
    () =>
      folder({'model.safetensors.index.json': {weight_map: {x: 'model.safetensors.index.json'}}}),
    /a shard model\.safetensors\.index\.json that is no file of weights/,
  ],
  [
    'an index without tensors',
    () => folder({'model.safetensors.index.json': {weight_map: {}}}),
    /an index without a tensor/,
  ],
  [
    'a folder with several files',
    () => folder({'a.safetensors': {tensors: OURS}, 'b.safetensors': {tensors: OURS}}),
    /a folder with 2 files of weights \(a\.safetensors, b\.safetensors\)\. Give one of them/,
  ],
  [
    'a folder with a mean of one number',
    () =>
      folder({
        'config.json': {},
        'preprocessor_config.json': {image_mean: [0], image_std: [1]},
        'model.safetensors': {tensors: OURS},
      }),
    /a mean or std in its configuration that is not three numbers/,
  ],
];

async function found(
  path: string,
): Promise<{readonly choice: BackboneChoice; readonly tensors: ReadonlyMap<string, CpuTensor>}> {
  const file = await openWeights(path);
  try {
    const choice = chooseBackbone(file, SPEC.arch, SPEC.lastStage);
    return {
      choice,
      tensors: await readFiniteTensors(path, collectBackboneTensors(choice.candidate, SPEC)),
    };
  } finally {
    await file.close();
  }
}

describe('weights files in the wild', () => {
  for (const [what, build] of WHOLE) {
    it(`finds the backbone in ${what}`, async () => {
      const {tensors} = await found(await build());
      expect([...tensors.keys()]).to.deep.equal(Object.keys(BODY));
      for (const [name, {shape, data}] of tensors) {
        expect(shape, name).to.deep.equal(BODY[name]!.shape);
        expect(Buffer.compare(bytesOf(data), bytesOf(BODY[name]!.data)), name).to.equal(0);
      }
    });
  }

  for (const [what, build, sentence] of LACKING) {
    it(`refuses ${what}`, async () => {
      const error = await rejectionOf(
        build instanceof Function
          ? Promise.resolve(build()).then(found)
          : Promise.reject(new Error('no file')),
      );
      expect(error.code, error.message).to.match(/^WEIGHTS_(?:MISMATCH|UNREADABLE)$/);
      expect(error.message).to.match(sentence);
      expect(error.message.length).to.be.below(700);
    });
  }

  const AVERAGES = [
    'ema',
    'ema_model',
    'modelEMA',
    'state_dict_ema',
    'swa_model',
    'averaged_model',
    'avg',
    'shadow_params',
  ];
  const TEACHERS = [
    'teacher',
    'teacher_model',
    'target_encoder',
    'momentum_encoder',
    'encoder_k',
    'key_encoder',
    'slow_net',
  ];
  it('takes plain weights before averages and teachers, though they lie deeper and later', async () => {
    for (const average of [...AVERAGES, ...TEACHERS]) {
      const file = await openWeights(
        fileOf(torchSaved({[average]: OTHERS, trainer: {net: {weights: OURS}}})),
      );
      const {candidate, others} = chooseBackbone(file, SPEC.arch, SPEC.lastStage);
      await file.close();
      expect([candidate.prefix, ...others.map(({prefix}) => prefix)]).to.deep.equal([
        'trainer.net.weights.',
        `${average}.`,
      ]);
    }
  });

  it('takes the bias of a convolution into the batch norm behind it', async () => {
    const {tensors} = await found(
      fileOf(
        torchSaved({
          ...OURS,
          'layer1.0.conv1.bias': {shape: [64], data: new Float32Array(64).fill(0.25)},
        }),
      ),
    );
    const before = BODY['layer1.0.bn1.running_mean']!.data;
    expect(tensors.get('layer1.0.bn1.running_mean')!.data).to.deep.equal(
      before.map(value => value - 0.25),
    );
  });

  it('finds every depth under the first of several prefixes', async () => {
    for (const arch of ARCHS) {
      const file = await openWeights(
        fileOf(torchSaved({model: below('module.', stateDict(arch, 1)), epoch: 1})),
      );
      const {candidate} = chooseBackbone(file, arch, 1);
      expect([candidate.prefix, candidate.scheme.name]).to.deep.equal(['model.', 'torchvision']);
      await file.close();
    }
  });
});

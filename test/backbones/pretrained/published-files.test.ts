import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {expect} from 'chai';
import {loadBackbone} from '../../../src/backbones/load-backbone.js';
import {disposeWeights, toHost} from '../../../src/backbones/parameters.js';
import {locateWeights} from '../../../src/backbones/pretrained/locate-weights.js';
import {
  listPretrained,
  type PretrainedWeights,
} from '../../../src/backbones/pretrained/pretrained.js';
import {fromFloat16, toFloat16} from '../../../src/core/float16.js';
import {useBackend} from '../../helpers/backend.js';
import {headless, stateDict, torchSaved, type StateDict} from '../../helpers/checkpoints.js';
import {hashed} from '../../helpers/hashed-weights.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

/** The stem and stage 1 of the network: the names of the real file, and quickly written. */
const backboneOf = ({arch}: PretrainedWeights): StateDict => headless(stateDict(arch, 1, arch));

/** The first files of the wide networks hold half floats (their size is half of the others'). */
const numbersOf = ({name}: PretrainedWeights): 'half' | 'float' =>
  /^wide_.*-v1$/.test(name) ? 'half' : 'float';

/** Files that hold more than a state dict. MIIL's loader reads `state['state_dict']` (src_files/models/utils/factory.py). */
const WRAPPERS: Readonly<Record<string, string>> = {'resnet50.miil-21k': 'state_dict'};

/** The tensors of an entry's file: its classifier has as many classes as the entry says, or is absent. */
function tensorsOf(card: PretrainedWeights): StateDict {
  const {classes} = card;
  if (classes === undefined) return backboneOf(card);
  // The reader skips the classifier, so it need not be as wide as the real one.
  const fc = {'fc.weight': hashed('fc', [classes, 2]), 'fc.bias': hashed('bias', [classes])};
  return {...backboneOf(card), ...fc};
}

function fileOf(card: PretrainedWeights, format: 'zip' | 'legacy'): Buffer {
  const wrapper = WRAPPERS[card.name];
  const tensors = tensorsOf(card);
  const saved = wrapper === undefined ? tensors : {[wrapper]: tensors, epoch: 80};
  return torchSaved(saved, format, numbersOf(card));
}

/** What the reader must return: the numbers that the file can hold. */
function expectedValues(card: PretrainedWeights): Record<string, number[]> {
  const rounded = (data: Float32Array): Float32Array => {
    if (numbersOf(card) === 'float') return data;
    const values = new Float32Array(data.length);
    fromFloat16(toFloat16(data), values);
    return values;
  };
  return Object.fromEntries(
    Object.entries(backboneOf(card)).map(([name, {data}]) => [name, [...rounded(data)]]),
  );
}

describe('files of pretrained-weights entries', () => {
  useBackend();
  afterEach(stopServers);

  for (const published of listPretrained()) {
    for (const format of ['zip', 'legacy'] as const) {
      it(`${published.name} is downloaded, checked and read, in PyTorch's ${format} format`, async () => {
        const bytes = fileOf(published, format);
        const {url} = await serve((_, response) => response.end(bytes));
        const checksum = createHash('sha256').update(bytes).digest('hex');
        const card: PretrainedWeights = {
          ...published,
          url,
          ...(published.sha256Prefix !== undefined && {sha256Prefix: checksum.slice(0, 8)}),
        };
        const home = temporaryDirectory();
        const {path, source, pretrained} = await locateWeights(card.name, card.arch, {
          environment: {HOME: home, FINETUNE_CACHE: join(home, 'own')},
          catalog: [card],
        });
        expect([source, pretrained]).to.deep.equal(['download', card]);
        const infos: string[] = [];
        const backbone = await loadBackbone(card.arch, 1, path, pretrained, {
          onInfo: message => infos.push(message),
        });
        const tensors = await toHost(backbone.weights);
        disposeWeights(backbone.weights);
        expect(
          Object.fromEntries([...tensors].map(([name, {data}]) => [name, [...data]])),
        ).to.deep.equal(expectedValues(card));
        expect(backbone.preprocessing).to.deep.equal(published.preprocessing);
        expect([backbone.origin, infos]).to.deep.equal([card.name, []]);
      });
    }
  }
});

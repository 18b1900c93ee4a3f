import {expect} from 'chai';
import {chooseBackbone} from '../../../src/backbones/weights/choose-backbone.js';
import {disposeWeights, toHost} from '../../../src/backbones/parameters.js';
import {loadBackbone} from '../../../src/backbones/load-backbone.js';
import {openWeights} from '../../../src/backbones/readers/read-weights.js';
import {serializeWeightsMetadata} from '../../../src/export/model-files.js';
import {writeLayersModel} from '../../../src/export/tfjs/layers-model-files.js';
import {toLayersModel} from '../../../src/export/tfjs/layers-model.js';
import {useBackend} from '../../helpers/backend.js';
import {KERAS_FAMILY, randomClassifier} from '../../helpers/random-classifier.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('a tfjs model of this project', () => {
  useBackend();

  it('gives back every number of the backbone that was exported, and the variant', async () => {
    const classifier = randomClassifier({
      spec: {arch: 'resnet50', lastStage: 1, ...KERAS_FAMILY},
      head: {type: 'mlp'},
    });
    const expected = toHost(classifier.weights, name => !name.startsWith('fc.'));
    const model = toLayersModel(classifier);
    model.setUserDefinedMetadata(serializeWeightsMetadata(classifier));
    const directory = temporaryDirectory();
    await writeLayersModel(model, directory);
    model.dispose();
    classifier.dispose();

    const file = await openWeights(directory);
    expect(file.metadata).to.include({
      arch: 'resnet50',
      stride_on: '1x1',
      batch_norm_epsilon: '0.00001001',
    });
    expect(chooseBackbone(file, 'resnet50', 1).candidate.scheme.name).to.equal('finetune for tfjs');
    await file.close();
    const {weights, spec} = await loadBackbone('resnet50', 1, directory);
    const tensors = toHost(weights);
    disposeWeights(weights);
    expect(spec).to.include(KERAS_FAMILY);
    expect([...tensors.keys()]).to.have.members([...expected.keys()]);
    for (const [name, tensor] of tensors) expect(tensor, name).to.deep.equal(expected.get(name));
  });
});

import {expect} from 'chai';
import {TORCHVISION_PREPROCESSING, withFit, type Fit} from '../../src/core/preprocessing.js';
import {modelCard} from '../../src/report/model-card.js';
import {madeUpRecord} from '../helpers/run-record.js';

describe('the model card', () => {
  it('says what it is, how good, and on whose terms', () => {
    const card = modelCard(madeUpRecord(['ants', 'bees']));
    expect(card).to.contain('# hymenoptera classifier');
    expect(card).to.contain(
      'A resnet50 fine-tuned to tell 2 kinds of image apart. It was trained on 244 images of the folder `hymenoptera`',
    );
    expect(card).to.contain(
      '| validation, by whose accuracy the best epoch was chosen | 92.8 % | 87.5 % to 95.9 % | 92.8 % | 87.3 % to 96.0 % | 0.928 | 152 |'.replace(
        /(\d) %/g,
        '$1\u00a0%',
      ),
    );
    expect(card).to.contain('so one image is worth 0.66 points');
    expect(card).to.contain(
      'Training began from the weights resnet50.imagenet1k-v1, published at <https://example.org/resnet50>. Their license: BSD-3-Clause.',
    );
  });

  it('says of weights in this package where they come from', () => {
    const pretrained = {license: 'Apache-2.0, for research.'};
    const card = modelCard({
      ...madeUpRecord(['ants', 'bees']),
      ...{weights: 'resnet18.tiny-imagenet', pretrained},
    });
    expect(card).to.contain(
      'Training began from the weights resnet18.tiny-imagenet, which come with finetune. Their license: Apache-2.0, for research.',
    );
  });

  it('says what a balance does to probabilities, and by what the epoch was chosen', () => {
    expect(modelCard(madeUpRecord(['ants', 'bees']))).to.not.contain('equal weight, whatever');
    const card = modelCard({...madeUpRecord(['ants', 'bees']), classBalance: 'weighted-loss'});
    expect(card).to.contain(
      'multiply each probability by the frequency of its class and divide by the sum',
    );
    expect(card).to.contain('by whose balanced accuracy the best epoch was chosen');
  });

  it('gives no interval of balanced accuracy where a class has fewer than 10 images', () => {
    expect(modelCard(madeUpRecord(['ants', 'bees'], {perClass: 9}))).to.match(
      /% \| – \| 0\.\d{3} \| 18 \|/,
    );
  });

  it('fills every place of its template', () => {
    expect(modelCard(madeUpRecord(['ants', 'bees']))).to.not.match(/\{\{|undefined|NaN/);
  });

  it('gives the sizes that its images must have', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const preprocessing = {...record.network.preprocessing, resizeSize: 73, cropSize: 64};
    const card = modelCard({...record, network: {...record.network, preprocessing}});
    expect(card)
      .to.contain('the short side is 73 pixels')
      .and.to.contain('float32 `[n, 64, 64, 3]`');
    expect(card).to.contain('new OffscreenCanvas(64, 64)').and.to.contain('* 64) / 73;');
  });

  it('tells how an image becomes a square, in words and on a canvas', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const cardOf = (fit: Fit): string =>
      modelCard({
        ...record,
        network: {
          ...record.network,
          preprocessing: withFit({...TORCHVISION_PREPROCESSING, cropSize: 64}, fit),
        },
      });
    expect(cardOf('squash'))
      .to.contain('2. Resize to 64 x 64 pixels, whatever the proportions are')
      .and.to.contain('drawImage(image, 0, 0, 64, 64)');
    expect(cardOf('pad'))
      .to.contain('in the color rgb(124, 116, 104).')
      .and.to.contain('drawImage(image, left, top, width, height)');
    expect(cardOf('pad')).to.contain('color=(124, 116, 104)');
    expect(cardOf('squash'))
      .to.contain('transforms.Resize((64, 64)),')
      .and.not.to.contain('CenterCrop');
  });

  it('keeps a class from being read as Markdown or HTML', () => {
    expect(modelCard(madeUpRecord(['<b>|*x*', 'two\nlines $& {{arch}}']))).to.match(
      /\| \\<b\\>\\\|\\\*x\\\* \| .*\n\| two lines \\\$\\& {{arch}} \|/,
    );
  });

  it('puts the test set first where there is one', () => {
    const record = madeUpRecord(['ants', 'bees']);
    const {validation} = record.metrics;
    const card = modelCard({
      ...record,
      metrics: {validation, test: {...validation, accuracy: 0.5, numImages: 900}},
    });
    expect(card).to.match(/\| test \| 50\.0.*\n\| validation/);
    expect(card).to.not.contain('one image is worth');
  });

  it('has a column for the top 5 where it means something', () => {
    expect(modelCard(madeUpRecord([...'abcde']))).to.not.contain('Top-5');
    expect(modelCard(madeUpRecord([...'abcdef']))).to.contain('Top-5');
  });

  it('does not invent a license', () => {
    const {pretrained: _, ...record} = madeUpRecord(['ants', 'bees']);
    expect(modelCard({...record, weights: '/home/me/mine.safetensors'})).to.contain(
      'Training began from the weights in mine.safetensors. Their license is unknown: ask their authors.',
    );
    expect(modelCard({...record, weights: 'none'}))
      .to.contain('Training began from random weights;')
      .and.to.contain('from random weights, with');
  });
});

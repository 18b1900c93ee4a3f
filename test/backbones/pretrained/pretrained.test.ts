import {readdirSync} from 'node:fs';
import {expect} from 'chai';
import {
  findPretrained,
  getPretrained,
  listPretrained,
  parsePretrained,
} from '../../../src/backbones/pretrained/pretrained.js';
import {countParameters} from '../../../src/backbones/network.js';
import {SchemaError} from '../../../src/core/schema.js';
import {UsageError} from '../../../src/core/errors.js';

/** sha256 prefix, MiB, top-1, top-5: torchvision/models/resnet.py of 0.13 and later. */
const PUBLISHED: Record<string, [string, number, number, number]> = {
  'resnet18.imagenet1k-v1': ['f37072fd', 44.661, 69.758, 89.078],
  'resnet34.imagenet1k-v1': ['b627a593', 83.275, 73.314, 91.42],
  'resnet50.imagenet1k-v1': ['0676ba61', 97.781, 76.13, 92.862],
  'resnet50.imagenet1k-v2': ['11ad3fa6', 97.79, 80.858, 95.434],
  'resnet101.imagenet1k-v1': ['63fe2227', 170.511, 77.374, 93.546],
  'resnet101.imagenet1k-v2': ['cd907fc2', 170.53, 81.886, 95.78],
  'resnet152.imagenet1k-v1': ['394f9c45', 230.434, 78.312, 94.046],
  'resnet152.imagenet1k-v2': ['f82ba261', 230.474, 82.284, 96.002],
  'resnext50_32x4d.imagenet1k-v1': ['7cdf4587', 95.789, 77.618, 93.698],
  'resnext50_32x4d.imagenet1k-v2': ['1a0047aa', 95.833, 81.198, 95.34],
  'resnext101_32x8d.imagenet1k-v1': ['8ba56ff5', 339.586, 79.312, 94.526],
  'resnext101_32x8d.imagenet1k-v2': ['110c445d', 339.673, 82.834, 96.228],
  'resnext101_64x4d.imagenet1k-v1': ['173b62eb', 319.318, 83.246, 96.454],
  'wide_resnet50_2.imagenet1k-v1': ['95faca4d', 131.82, 78.468, 94.086],
  'wide_resnet50_2.imagenet1k-v2': ['9ba9bcbe', 263.124, 81.602, 95.758],
  'wide_resnet101_2.imagenet1k-v1': ['32ee1156', 242.896, 78.848, 94.284],
  'wide_resnet101_2.imagenet1k-v2': ['d733dc28', 484.747, 82.51, 96.02],
};

describe('the entries of pretrained/', () => {
  it('are the files torchvision published for these networks, by network, then by version', () => {
    expect(listPretrained().map(card => card.name)).to.deep.equal(Object.keys(PUBLISHED));
  });

  it('lie in a file of their own name each', () => {
    const files = readdirSync(new URL('../../../../pretrained/', import.meta.url));
    expect(files.sort()).to.deep.equal(
      listPretrained()
        .map(card => `${card.name}.json`)
        .sort(),
    );
  });

  for (const card of listPretrained()) {
    describe(card.name, () => {
      it('has the checksum, size and accuracies its authors published', () => {
        const {'acc@1': top1, 'acc@5': top5} = card.metrics['imagenet-1k']!;
        expect([card.sha256Prefix.slice(0, 8), card.sizeMiB, top1, top5]).to.deep.equal(
          PUBLISHED[card.name],
        );
      });

      it('names one file in all its fields', () => {
        expect(card.name).to.match(new RegExp(`^${card.arch}\\.`));
        expect(card.file).to.equal(`${card.arch}-${card.sha256Prefix.slice(0, 8)}.pth`);
        expect(card.url).to.equal(`https://download.pytorch.org/models/${card.file}`);
        expect(card.source).to.include(`.${card.arch}.html`);
        expect(card.huggingFace).to.match(new RegExp(`^timm/${card.arch}\\.tv`));
      });

      it('counts the parameters of its network, and its file has four bytes for each, or two', () => {
        expect(countParameters({...card, lastStage: 4}, card.classes)).to.equal(card.numParams);
        // The first files of the wide networks hold half floats.
        const bytes = /^wide_.*-v1$/.test(card.name) ? 2 : 4;
        expect((card.sizeMiB * 2 ** 20) / (bytes * card.numParams)).to.be.within(1, 1.01);
      });

      it('is fed as it was evaluated: the first recipe at 256 to 224, the new one at 232 to 224', () => {
        const {resizeSize, cropSize} = card.preprocessing;
        const isNewRecipe = card.name.endsWith('v2') || card.arch === 'resnext101_64x4d';
        expect([resizeSize, cropSize]).to.deep.equal([isNewRecipe ? 232 : 256, 224]);
      });

      it('says what is known of its license', () => {
        expect(card.license).to.include('BSD-3-Clause').and.to.include('ImageNet-1k');
      });
    });
  }
});

describe('parsePretrained', () => {
  it('refuses a misspelt key, naming the nearest, and a missing one', () => {
    const {sha256Prefix, ...rest} = listPretrained()[0]!;
    expect(() => parsePretrained({...rest, sha256Prefx: sha256Prefix}, 'Card x.json'))
      .to.throw(SchemaError, 'Card x.json: ')
      .with.property('issues')
      .that.deep.equals([
        '"sha256Prefix" is missing.',
        '"sha256Prefx" is no known key; did you mean sha256Prefix?',
      ]);
  });

  it('refuses a checksum that is not one', () => {
    expect(() =>
      parsePretrained({...listPretrained()[0]!, sha256Prefix: 'F37072FD'}, 'Card x.json'),
    ).to.throw(SchemaError, '"sha256Prefix"');
  });
});

describe('getPretrained', () => {
  it('takes auto for the first version', () => {
    expect(getPretrained('auto', 'resnet50').name).to.equal('resnet50.imagenet1k-v1');
  });

  for (const options of [
    'resnet50.imagenet1k-v2',
    'ResNet50_Weights.IMAGENET1K_V2',
    'IMAGENET1K_V2',
    'resnet50.IMAGENET1K_V2',
  ]) {
    it(`takes ${options} for the second`, () => {
      expect(getPretrained(options, 'resnet50').name).to.equal('resnet50.imagenet1k-v2');
    });
  }

  it('keeps the underscore in the name of a network', () => {
    const [first] = listPretrained();
    const resnext = parsePretrained({...first, name: 'resnext50_32x4d.imagenet1k-v1'}, 'Card');
    for (const name of ['ResNeXt50_32X4D_Weights.IMAGENET1K_V1', resnext.name])
      expect(findPretrained(name, 'resnet50', [resnext])).to.equal(resnext);
  });

  it('refuses an unknown name with the nearest known one', () => {
    expect(() => getPretrained('resnet50.imagnet1k-v2', 'resnet50')).to.throw(
      UsageError,
      '"resnet50.imagnet1k-v2" is no value of --weights; did you mean resnet50.imagenet1k-v2? Use auto, none, a file, a url or one of resnet50.imagenet1k-v1, resnet50.imagenet1k-v2; finetune models lists all.',
    );
  });

  it('knows that nobody published V2 weights of the two smallest', () => {
    expect(() => getPretrained('IMAGENET1K_V2', 'resnet18')).to.throw(
      UsageError,
      '"IMAGENET1K_V2" is no value of --weights; did you mean resnet18.imagenet1k-v1? Use auto, none, a file, a url or one of resnet18.imagenet1k-v1; finetune models lists all.',
    );
  });

  it('says where to look when nothing is near', () => {
    expect(() => getPretrained('the-best-ones', 'resnet34')).to.throw(
      UsageError,
      '"the-best-ones" is no value of --weights. Use auto, none, a file, a url or one of resnet34.imagenet1k-v1; finetune models lists all.',
    );
  });

  it('refuses weights of another depth, naming both ways out', () => {
    expect(() => getPretrained('resnet50.imagenet1k-v2', 'resnet18')).to.throw(
      UsageError,
      'resnet50.imagenet1k-v2 does not fit --arch resnet18. Use --arch resnet50, or --weights resnet18.imagenet1k-v1.',
    );
  });
});

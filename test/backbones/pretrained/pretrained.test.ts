import {createHash} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {expect} from 'chai';
import {
  defaultPretrained,
  embeddedPath,
  findPretrained,
  getPretrained,
  isEmbedded,
  listPretrained,
  parsePretrained,
  type PretrainedWeights,
} from '../../../src/backbones/pretrained/pretrained.js';
import {countParameters} from '../../../src/backbones/network.js';
import {ARCHS, stageCount} from '../../../src/backbones/resnet-specs.js';
import {SchemaError} from '../../../src/core/schema.js';
import {UsageError} from '../../../src/core/errors.js';

/** sha256 prefix, MiB, top-1, top-5: torchvision/models/resnet.py of 0.13 and later. */
const TORCHVISION: Record<string, [string, number, number, number]> = {
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

/**
 * sha256 prefix, top-1, top-5 of the other publishers: timm/models/resnet.py of 1.0 and its table of results at 224 px, and the READMEs of
 * the authors. A publisher without a checksum has none here. The weights of this package were measured by this project.
 */
const OTHERS: Record<string, [string | undefined, number | undefined, number | undefined]> = {
  'resnet18.tiny-imagenet': [
    '32ef66aeba141dc097a48d43c898d35af58cb73c33d9b630775cefdac45a7cc4',
    42,
    undefined,
  ],
  'resnet18.a1-in1k': ['d63eafa0', 71.49, 90.07],
  'resnet18.fb-ssl-yfcc100m-ft-in1k': ['d92f0530', 72.8, 91.5],
  'resnet18.fb-swsl-ig1b-ft-in1k': ['118f1556', 73.4, 91.9],
  'resnet34.a1-in1k': ['46f8f793', 76.42, 92.87],
  'resnet50.a1h-in1k': ['001a1197', 80.67, 95.3],
  'resnet50.barlow-twins': [undefined, 73.5, 91],
  'resnet50.dino': [undefined, 75.3, undefined],
  'resnet50.fb-ssl-yfcc100m-ft-in1k': ['08389792', 79.3, 94.9],
  'resnet50.fb-swsl-ig1b-ft-in1k': ['16a12f1b', 81.2, 96],
  'resnet50.miil-21k': [undefined, 75.6, undefined],
  'resnet101.a1h-in1k': ['36d3f2aa', 81.93, 95.75],
  'resnet152.a1h-in1k': ['dc400468', 82.8, 96.13],
  'resnext50_32x4d.a1h-in1k': ['0146ab0a', 81.1, 95.33],
  'resnext101_64x4d.c1-in1k': ['0d0e0cc0', 82.46, 95.92],
  'resnet50d.ra2-in1k': ['464e36ba', undefined, undefined],
  'resnet50d.a1-in1k': ['e20cff14', undefined, undefined],
  'resnetaa50d.sw-in12k-ft-in1k': [undefined, 81.78, undefined],
  'resnetaa50d.sw-in12k': [undefined, undefined, undefined],
  'resnetv2_18.ra4-e3600-r224-in1k': [undefined, 73.57, undefined],
  'resnetv2_34.ra4-e3600-r224-in1k': [undefined, 77.63, undefined],
  'resnetv2_50.a1h-in1k': [undefined, 80.41, undefined],
  'resnetv2_101.a1h-in1k': [undefined, 82.04, undefined],
  'resnext101_32x4d.gluon-in1k': ['b253c8c4', 80.34, undefined],
  'resnet50v2.keras': [undefined, 76, 93],
  'resnet101v2.keras': [undefined, 77.2, 93.8],
  'resnet152v2.keras': [undefined, 78, 94.2],
  'resnet20.cifar10': ['12fca82f', 91.73, undefined],
  'resnet32.cifar10': ['d509ac18', 92.63, undefined],
  'resnet44.cifar10': ['014dd654', 93.1, undefined],
  'resnet56.cifar10': ['4bfd9763', 93.39, undefined],
  'resnet110.cifar10': ['1d1ed7c2', 93.68, undefined],
  'resnet1202.cifar10': ['f3b1deed', 93.82, undefined],
};

const isOfTorchvision = ({name}: PretrainedWeights): boolean => name in TORCHVISION;

describe('the entries of pretrained/', () => {
  it('are the files of torchvision and of the other publishers, by network, torchvision first', () => {
    const names = listPretrained().map(card => card.name);
    expect([...names].sort()).to.deep.equal(
      [...Object.keys(TORCHVISION), ...Object.keys(OTHERS)].sort(),
    );
    const archs = new Set(listPretrained().map(({arch}) => arch));
    expect([...archs]).to.deep.equal(ARCHS.filter(arch => archs.has(arch)));
    expect(names.slice(0, 2)).to.deep.equal(['resnet18.imagenet1k-v1', 'resnet18.a1-in1k']);
  });

  it('lie in a file of their own name each', () => {
    const files = readdirSync(new URL('../../../../pretrained/', import.meta.url));
    expect(files.sort()).to.deep.equal(
      listPretrained()
        .flatMap(card => [`${card.name}.json`, ...(isEmbedded(card) ? [card.file] : [])])
        .sort(),
    );
  });

  it('have an address each, unless their file comes with the package and is checked by its whole sha256', () => {
    for (const card of listPretrained()) {
      const {name, url, trainingRecipe, source, sha256Prefix} = card;
      const addresses = [url, trainingRecipe, source].filter(address => address !== undefined);
      expect(addresses.length, name).to.equal(isEmbedded(card) ? 0 : 3);
      if (!isEmbedded(card)) continue;
      const content = readFileSync(embeddedPath(card));
      expect(sha256Prefix).to.equal(createHash('sha256').update(content).digest('hex'));
      expect(card.sizeMiB).to.be.closeTo(content.length / 2 ** 20, 0.001);
    }
    expect(listPretrained().filter(isEmbedded)).to.have.length(1);
  });

  it('are listed in docs/weights.md with their licenses', () => {
    const page = readFileSync(new URL('../../../../docs/weights.md', import.meta.url), 'utf8');
    for (const {name, licenseId, goodFor, sha256Prefix} of listPretrained()) {
      const cells =
        page
          .split('\n')
          .find(line => line.startsWith(`| \`${name}\` `))
          ?.split('|') ?? [];
      const [, , , uses, license, checksum] = cells.map(cell => cell.trim());
      expect([uses, license, checksum], name).to.deep.equal([
        goodFor.join(', '),
        licenseId,
        sha256Prefix === undefined ? 'none' : 'yes',
      ]);
    }
  });

  it('have file names of their own, since they share a cache', () => {
    const files = listPretrained().map(({file}) => file);
    expect(new Set(files).size).to.equal(files.length);
  });

  for (const card of listPretrained()) {
    describe(card.name, () => {
      it('belongs to its network, and counts its parameters', () => {
        expect(card.name).to.match(new RegExp(`^${card.arch}\\.`));
        const backbone = countParameters({...card, lastStage: stageCount(card.arch)}, 0);
        const {classes} = card;
        expect(card.numParams).to.equal(
          classes === undefined
            ? backbone
            : countParameters({...card, lastStage: stageCount(card.arch)}, classes),
        );
      });

      it('is non-commercial if, and only if, its license is', () => {
        expect(card.nonCommercial).to.equal(card.licenseId.includes('NC'));
      });
    });
  }

  for (const card of listPretrained().filter(isOfTorchvision)) {
    describe(`${card.name} of torchvision`, () => {
      const {sha256Prefix = '', sizeMiB = 0} = card;

      it('has the checksum, size and accuracies its authors published', () => {
        const {'acc@1': top1, 'acc@5': top5} = card.metrics['imagenet-1k']!;
        expect([sha256Prefix.slice(0, 8), sizeMiB, top1, top5]).to.deep.equal(
          TORCHVISION[card.name],
        );
      });

      it('names one file in all its fields', () => {
        expect(card.file).to.equal(`${card.arch}-${sha256Prefix.slice(0, 8)}.pth`);
        expect(card.url).to.equal(`https://download.pytorch.org/models/${card.file}`);
        expect(card.source).to.include(`.${card.arch}.html`);
        expect(card.huggingFace).to.match(new RegExp(`^timm/${card.arch}\\.tv`));
      });

      it('has four bytes for each parameter, or two', () => {
        // The first files of the wide networks hold half floats.
        const bytes = /^wide_.*-v1$/.test(card.name) ? 2 : 4;
        expect((sizeMiB * 2 ** 20) / (bytes * card.numParams)).to.be.within(1, 1.01);
      });

      it('is fed as it was evaluated: the first recipe at 256 to 224, the new one at 232 to 224', () => {
        const {resizeSize, cropSize} = card.preprocessing;
        const isNewRecipe = card.name.endsWith('v2') || card.arch === 'resnext101_64x4d';
        expect([resizeSize, cropSize]).to.deep.equal([isNewRecipe ? 232 : 256, 224]);
        expect(card.goodFor).to.deep.equal([isNewRecipe ? 'full' : 'probe']);
      });

      it('says what is known of its license', () => {
        expect(card.license).to.include('BSD-3-Clause').and.to.include('ImageNet-1k');
      });
    });
  }

  for (const card of listPretrained().filter(entry => !isOfTorchvision(entry))) {
    const publisher = card.source === undefined ? 'this package' : new URL(card.source).pathname;
    describe(`${card.name} of ${publisher}`, () => {
      it('has the checksum and accuracies its authors published, and no others', () => {
        const [accuracy] = Object.values(card.metrics);
        const {'acc@1': top1, 'acc@5': top5} = accuracy ?? {};
        expect([card.sha256Prefix, top1, top5]).to.deep.equal(OTHERS[card.name]);
        if (!isEmbedded(card)) expect(card).to.not.have.property('sizeMiB');
      });

      it('has the checksum that its file name ends with, as these publishers name files', () => {
        const {url} = card;
        if (url === undefined) return;
        const [, inName] = /-([0-9a-f]{8})\.p?th$/.exec(url) ?? [];
        expect(card.sha256Prefix).to.equal(inName);
        if (inName !== undefined) expect(url.endsWith(`/${card.file}`)).to.equal(true);
      });

      it('is fed as its authors do: whole images of CIFAR-10, 64 px of Tiny-ImageNet, or 224 px cut from 224, 224 / 0.95, 224 / 0.9 or 256', () => {
        const {resizeSize, cropSize} = card.preprocessing;
        if (card.name.endsWith('.cifar10'))
          return expect([resizeSize, cropSize]).to.deep.equal([32, 32]);
        if (isEmbedded(card)) return expect([resizeSize, cropSize]).to.deep.equal([73, 64]);
        expect(cropSize).to.equal(224);
        return expect(resizeSize).to.be.oneOf([
          224,
          Math.floor(224 / 0.95),
          Math.floor(224 / 0.9),
          256,
        ]);
      });
    });
  }

  it('squash images for MIIL, whose weights were trained on numbers of 0 to 1', () => {
    expect(getPretrained('miil', 'resnet50').preprocessing).to.deep.include({
      fit: 'squash',
      mean: [0, 0, 0],
      std: [1, 1, 1],
      scale: 1 / 255,
    });
  });
});

describe('parsePretrained', () => {
  it('refuses a misspelt key, naming the nearest, and a missing one', () => {
    const {licenseId, ...rest} = listPretrained()[0]!;
    expect(() => parsePretrained({...rest, licenceId: licenseId}, 'Card x.json'))
      .to.throw(SchemaError, 'Card x.json: ')
      .with.property('issues')
      .that.deep.equals([
        '"licenseId" is missing.',
        '"licenceId" is no known key; did you mean licenseId?',
      ]);
  });

  it('takes an entry without what its publisher does not state', () => {
    const {
      sha256Prefix: _,
      sizeMiB: _size,
      huggingFace: _hub,
      classes: _classes,
      ...rest
    } = listPretrained()[0]!;
    expect(parsePretrained(rest, 'Card x.json')).to.deep.equal(rest);
  });

  it('refuses an entry that is good for nothing, or has half an accuracy', () => {
    for (const broken of [{goodFor: []}, {goodFor: ['everything']}, {metrics: {a: {'acc@5': 9}}}])
      expect(() => parsePretrained({...listPretrained()[0]!, ...broken}, 'Card x.json')).to.throw(
        SchemaError,
        Object.keys(broken)[0]!,
      );
  });

  it('refuses a checksum that is not one', () => {
    expect(() =>
      parsePretrained({...listPretrained()[0]!, sha256Prefix: 'F37072FD'}, 'Card x.json'),
    ).to.throw(SchemaError, '"sha256Prefix"');
  });
});

describe('getPretrained', () => {
  it('says of a network without published weights what to do', () => {
    expect(() => getPretrained('auto', 'plain20')).to.throw(
      UsageError,
      'No weights of plain20 are known here. Give a file or a url with --weights, or train from random numbers with --weights none.',
    );
  });

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

  for (const [short, name] of [
    ['v2', 'resnet50.imagenet1k-v2'],
    ['V1', 'resnet50.imagenet1k-v1'],
    ['dino', 'resnet50.dino'],
    ['barlow', 'resnet50.barlow-twins'],
    ['resnet50.a1h', 'resnet50.a1h-in1k'],
    ['swsl', 'resnet50.fb-swsl-ig1b-ft-in1k'],
  ] as const) {
    it(`takes ${short} for ${name}`, () => {
      expect(getPretrained(short, 'resnet50').name).to.equal(name);
    });
  }

  it("takes timm's spelling", () => {
    expect(getPretrained('resnet18.fb_swsl_ig1b_ft_in1k', 'resnet18').name).to.equal(
      'resnet18.fb-swsl-ig1b-ft-in1k',
    );
  });

  it('takes no word that two entries share', () => {
    expect(findPretrained('in1k', 'resnet50')).to.equal(undefined);
    expect(findPretrained('imagenet1k', 'resnet50')).to.equal(undefined);
  });

  it('keeps the underscore in the name of a network', () => {
    const [first] = listPretrained();
    const resnext = parsePretrained({...first, name: 'resnext50_32x4d.imagenet1k-v1'}, 'Card');
    for (const name of ['ResNeXt50_32X4D_Weights.IMAGENET1K_V1', resnext.name])
      expect(findPretrained(name, 'resnet50', [resnext])).to.equal(resnext);
  });

  it('refuses an unknown name with the nearest known one', () => {
    expect(() => getPretrained('resnet50.imagnet1k-v2', 'resnet50')).to.throw(
      UsageError,
      '"resnet50.imagnet1k-v2" is no value of --weights; did you mean resnet50.imagenet1k-v2? Use auto, none, a file, a url or one of resnet50.imagenet1k-v1, resnet50.imagenet1k-v2, resnet50.a1h-in1k, resnet50.barlow-twins, resnet50.dino, resnet50.miil-21k; finetune models lists all.',
    );
  });

  it('takes embedded for the weights of this package, whatever the network', () => {
    for (const name of ['embedded', 'Embedded', 'resnet18.tiny-imagenet'])
      expect(getPretrained(name, 'resnet18').name, name).to.equal('resnet18.tiny-imagenet');
    expect(findPretrained('embedded', 'resnet50')?.name).to.equal('resnet18.tiny-imagenet');
    expect(() => getPretrained('embedded', 'resnet50')).to.throw(
      UsageError,
      'resnet18.tiny-imagenet does not fit --arch resnet50. Use --arch resnet18, or --weights resnet50.imagenet1k-v1.',
    );
  });

  it('never takes the weights of this package for others: not by a word, and not by default', () => {
    for (const word of ['imagenet', 'tiny', 'resnet18.imagenet'])
      expect(findPretrained(word, 'resnet18'), word).to.equal(undefined);
    const embedded = listPretrained().filter(isEmbedded);
    expect(defaultPretrained('resnet18', 'probe', embedded)).to.equal(undefined);
  });

  it('knows that nobody published V2 weights of the two smallest', () => {
    expect(() => getPretrained('IMAGENET1K_V2', 'resnet18')).to.throw(
      UsageError,
      '"IMAGENET1K_V2" is no value of --weights; did you mean resnet18.imagenet1k-v1? Use auto, none, a file, a url or one of resnet18.imagenet1k-v1, resnet18.a1-in1k, resnet18.tiny-imagenet; finetune models lists all.',
    );
  });

  it('says where to look when nothing is near', () => {
    expect(() => getPretrained('the-best-ones', 'resnet34')).to.throw(
      UsageError,
      '"the-best-ones" is no value of --weights. Use auto, none, a file, a url or one of resnet34.imagenet1k-v1, resnet34.a1-in1k; finetune models lists all.',
    );
  });

  it('refuses weights of another depth, naming both ways out', () => {
    expect(() => getPretrained('resnet50.imagenet1k-v2', 'resnet18')).to.throw(
      UsageError,
      'resnet50.imagenet1k-v2 does not fit --arch resnet18. Use --arch resnet50, or --weights resnet18.imagenet1k-v1.',
    );
  });
});

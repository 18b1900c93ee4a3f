import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

type Exports = Readonly<
  Record<string, string | {readonly types: string; readonly default: string}>
>;

const {exports} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Exports;
};

/** What a loop of one's own needs, by subpath. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  backbones: ['loadBackbone', 'locateWeights', 'createRandomBackbone', 'readWeights', 'forward'],
  datasets: ['loadImageFolder', 'openImageCache', 'planSplit', 'imageBatches', 'AUGMENTATIONS'],
  inference: ['loadModel', 'loadFeatureExtractor', 'startBackend', 'installBackend'],
  training: ['attachHead', 'createPhaseModel', 'PhaseTrainer', 'trainStep', 'createOptimizer'],
};

describe('the exports of the package', () => {
  it('name files that exist', () => {
    const files = Object.values(exports).flatMap(value =>
      typeof value === 'string' ? [value] : Object.values(value),
    );
    expect(files.filter(file => !existsSync(join(ROOT, file)))).to.deep.equal([]);
    expect(Object.keys(exports)).to.include.members(Object.keys(NEEDED).map(name => `./${name}`));
  });

  it('are the entry points of the pages of the API', () => {
    const {entryPoints} = JSON.parse(readFileSync(join(ROOT, 'docs/api/typedoc.json'), 'utf8')) as {
      readonly entryPoints: readonly string[];
    };
    const sources = Object.values(exports).flatMap(value =>
      typeof value === 'string'
        ? []
        : [value.default.replace('./dist/', '../../').replace(/js$/, 'ts')],
    );
    expect(entryPoints).to.have.members(sources);
  });

  for (const [name, needed] of Object.entries(NEEDED)) {
    it(`finetune/${name} holds the parts of a training loop`, async () => {
      const module = (await import(`finetune/${name}`)) as Record<string, unknown>;
      expect(module).to.include.keys(...needed);
    });

    it(`finetune/${name} says in its docstring what it is for, with an example`, () => {
      const text = readFileSync(join(ROOT, 'src', name, 'index.ts'), 'utf8');
      expect(text.slice(0, text.indexOf('*/')))
        .to.include(`\`finetune/${name}\``)
        .and.include('@example');
    });
  }
});

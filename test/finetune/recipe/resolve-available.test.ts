import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {WeightsUnavailableError} from '../../../src/backbones/pretrained/download.js';
import type {LocateOptions} from '../../../src/backbones/pretrained/locate-weights.js';
import {listPretrained} from '../../../src/backbones/pretrained/pretrained.js';
import type {ImageFolder} from '../../../src/datasets/sample.js';
import type {RecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {
  resolveAvailableRecipe,
  type AvailableRecipe,
} from '../../../src/finetune/recipe/resolve-available.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const FOLDER: ImageFolder = {
  root: '/images',
  classNames: ['ants', 'bees'],
  samples: Array.from({length: 300}, (_, i) => ({
    path: `/${i}`,
    name: `${i}`,
    label: i % 2,
  })),
  findings: [],
  layout: 'classes',
};
const V1 = 'resnet50.imagenet1k-v1';

describe('a recipe whose weights can be had', () => {
  let home: string;
  let options: LocateOptions & {environment: NodeJS.ProcessEnv};
  beforeEach(() => {
    home = temporaryDirectory();
    options = {environment: {HOME: home, FINETUNE_CACHE: join(home, 'own')}, offline: true};
  });
  afterEach(stopServers);

  const resolve = (values: RecipeInput, others: LocateOptions = {}): Promise<AvailableRecipe> =>
    resolveAvailableRecipe(FOLDER, [{source: 'flag', values}], false, {...options, ...others});

  /** The published entries, with another address of the recommended weights. */
  const catalog = (url: string): LocateOptions => ({
    catalog: listPretrained().map(entry => (entry.name === V1 ? {...entry, url} : entry)),
    offline: false,
  });

  for (const values of [{}, {weights: 'auto'}] as const)
    it(`starts from the embedded weights offline (${JSON.stringify(values)}), and says what that costs`, async () => {
      const {recipe, sources, reasons, replacement} = await resolve(values);
      expect(recipe).to.include({arch: 'resnet18', weights: 'resnet18.tiny-imagenet'});
      expect(recipe.phases.map(({name}) => name)).to.deep.equal(['probe']);
      expect(sources).to.include({arch: 'recommended', weights: 'recommended'});
      expect(reasons[0]).to.equal(
        `weights resnet18.tiny-imagenet: ${V1} cannot be downloaded (this run is offline)`,
      );
      expect(replacement)
        .to.match(
          /^No ImageNet weights are on this machine, and they cannot be downloaded: this run is offline\. /,
        )
        .and.include('will be far less accurate')
        .and.include('put https://download.pytorch.org/models/resnet50-0676ba61.pth at ')
        .and.include(join(home, 'own', 'weights', 'resnet50-0676ba61.pth'));
    });

  it('does so where no server can be reached', async () => {
    const {recipe, replacement} = await resolve({}, catalog('http://127.0.0.1:1/weights.pth'));
    expect(recipe.weights).to.equal('resnet18.tiny-imagenet');
    expect(replacement).to.include('the server cannot be reached (ECONNREFUSED)');
  });

  it('fails where a server answers without the file', async () => {
    const {url} = await serve((_, response) => response.writeHead(404).end());
    const error = await rejectionOf(resolve({}, catalog(url)));
    expect(error).to.be.instanceOf(WeightsUnavailableError);
    expect(error).to.include({isNetworkMissing: false});
  });

  it('takes weights that are on this machine, without reading them', async () => {
    mkdirSync(join(home, 'own', 'weights'), {recursive: true});
    writeFileSync(join(home, 'own', 'weights', 'resnet50-0676ba61.pth'), 'as good as weights');
    const {recipe, replacement} = await resolve({});
    expect(recipe).to.include({arch: 'resnet50', weights: V1});
    expect(replacement).to.equal(undefined);
  });

  it('replaces nothing that was asked for', async () => {
    for (const values of [
      {arch: 'resnet50'},
      {arch: 'resnet18'},
      {weights: 'v2'},
      {weights: 'none'},
      {weights: './mine.pth'},
    ] as const) {
      const {recipe, replacement} = await resolve(values);
      expect(recipe.weights, JSON.stringify(values)).to.not.equal('resnet18.tiny-imagenet');
      expect(replacement).to.equal(undefined);
    }
  });
});

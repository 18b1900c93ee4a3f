import {mkdirSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import * as library from '../src/index.js';
import {useBackend} from './helpers/backend.js';
import {inChild, SRC} from './helpers/in-child.js';
import {drawImages} from './helpers/program.js';
import {randomClassifier} from './helpers/random-classifier.js';
import {rejectionOf} from './helpers/rejection.js';
import {smallFolder, smallRecipe} from './helpers/small-run.js';
import {temporaryDirectory} from './helpers/temporary.js';

const {
  ArgumentError,
  checkImages,
  evaluate,
  finetune,
  FinetuneError,
  loadFeatureExtractor,
  loadModel,
  loadImageFolder,
  resolveRecipe,
  exportModel,
  installBackend,
  startBackend,
} = library;

/** What JavaScript may put in the place of any argument. */
const WRONG = [null, 5, '', true, [], [1], {}, {a: 1}, () => 1, Symbol('a'), new Map(), 5n];

type Call = (...values: readonly never[]) => unknown;

describe('the library, called from JavaScript', function () {
  this.timeout(60_000);
  useBackend();

  let folder: library.ImageFolder;
  let recipe: library.Recipe;
  let model: library.ExportedModel;
  let classifier: library.Classifier;
  let place = '';

  before(async () => {
    place = join(temporaryDirectory(), 'model');
    folder = await smallFolder();
    recipe = smallRecipe(folder, {});
    classifier = randomClassifier({spec: {lastStage: 1}, classNames: folder.classNames});
    await exportModel(classifier, place);
    model = await loadModel(place);
  });
  after(() => {
    model.dispose();
    classifier.dispose();
  });

  async function expectTyped(what: string, call: () => unknown): Promise<void> {
    const error = await rejectionOf((async () => call())());
    expect(error, what).to.be.instanceOf(FinetuneError);
    expect(error, what).to.have.property('code').that.is.a('string').and.not.equal('');
    expect(error.message, what).to.match(/^\S/);
  }

  /** Arguments that would do, one after the other replaced by what will not. */
  const CALLS: Readonly<
    Record<
      string,
      readonly [
        call: () => Call,
        right: () => readonly unknown[],
        fits?: (value: unknown, at: number) => boolean,
      ]
    >
  > = {
    // An empty object is no option at all.
    finetune: [() => finetune as Call, () => [folder, recipe, {}], isEmptyOptions(2)],
    evaluate: [() => evaluate as Call, () => [model, folder, {}], isEmptyOptions(2)],
    loadImageFolder: [() => loadImageFolder as Call, () => [folder.root, {}], isEmptyOptions(1)],
    resolveRecipe: [
      () => resolveRecipe as Call,
      () => [{}, folder, {}],
      (value, at) => at !== 1 && isEmpty(value),
    ],
    checkImages: [() => checkImages as Call, () => [folder, {}], isEmptyOptions(1)],
    exportModel: [() => exportModel as Call, () => [classifier, place, {}], isEmptyOptions(2)],
    loadModel: [() => loadModel as Call, () => [place, {}], isEmptyOptions(1)],
    loadFeatureExtractor: [
      () => loadFeatureExtractor as Call,
      () => [place, {}],
      isEmptyOptions(1),
    ],
    startBackend: [() => startBackend as Call, () => [{}], isEmptyOptions(0)],
    installBackend: [() => installBackend as Call, () => [{}], isEmptyOptions(0)],
  };
  for (const [name, [call, right, fits = () => false]] of Object.entries(CALLS)) {
    it(`${name}() refuses everything that its types refuse, with a code`, async () => {
      for (const at of right().keys()) {
        for (const value of WRONG) {
          if (fits(value, at)) continue;
          const given = right().with(at, value);
          await expectTyped(`argument ${at + 1} ${String(value)} (${typeof value})`, () =>
            call()(...(given as never[])),
          );
        }
      }
      if (!['startBackend', 'installBackend'].includes(name))
        await expectTyped('nothing', () => call()());
    });
  }

  it('names an option that is unknown, and the nearest', async () => {
    const error = await rejectionOf(loadImageFolder(folder.root, {excluded: []} as never));
    expect(error).to.be.instanceOf(ArgumentError);
    expect(error.message).to.equal(
      'options of loadImageFolder() cannot have excluded; did you mean exclude?',
    );
    const other = await rejectionOf(startBackend({backend: 'cuda'} as never));
    expect(other.message).to.equal(
      'options.backend of startBackend() is "cuda". Give auto, tensorflow or wasm.',
    );
  });

  it('refuses a classifier that is disposed, and a recipe that is not resolved', async () => {
    const disposed = randomClassifier({spec: {lastStage: 1}});
    disposed.dispose();
    expect(
      await rejectionOf(exportModel(disposed, join(temporaryDirectory(), 'model'))),
    ).to.include({code: 'INVALID_ARGUMENT'});
    expect((await rejectionOf(finetune(folder, {arch: 'resnet18'} as never))).message).to.include(
      'what resolveRecipe() returned',
    );
    const other = await loadModel(place);
    other.dispose();
    expect(await rejectionOf(evaluate(other, folder))).to.include({code: 'MODEL_DISPOSED'});
  });

  it('refuses arguments that no type allows, before anything begins', async () => {
    const [first] = folder.samples;
    const folders = [
      {samples: [{}]},
      {samples: [null]},
      {samples: [{...first, label: folder.classNames.length}]},
      {samples: [{...first, path: 5}]},
      {validation: 5},
      {test: [{}]},
      {classNames: [1, 2]},
    ];
    for (const split of folders) {
      const wrong = {...folder, ...split} as never;
      await expectTyped(JSON.stringify(split), () => finetune(wrong, recipe));
      await expectTyped(JSON.stringify(split), () => checkImages(wrong));
    }
    for (const split of [null, 5, '', [], {}, () => 1]) {
      for (const key of Object.keys(recipe)) {
        if (key === 'augment' && JSON.stringify(split) === '{}') continue;
        await expectTyped(`${key} ${String(split)}`, () =>
          finetune(folder, {...recipe, [key]: split} as never, {signal: AbortSignal.abort()}),
        );
      }
    }
    for (const key of ['optimizer', 'seed', 'groupBy', 'views'])
      await expectTyped(key, () => finetune(folder, {...recipe, [key]: undefined} as never));
    for (const wrong of [undefined, null, 5, {}, {samples: 5}])
      await expectTyped(String(wrong), () => library.everySample(wrong as never));
    await expectTyped('weights', () =>
      exportModel({...classifier, weights: new Map([['fc.weight', null]])} as never, place),
    );
  });

  it('refuses paths that no system takes', async () => {
    const path = join(temporaryDirectory(), 'a\0b');
    const calls = {
      out: () => finetune(folder, recipe, {out: path}),
      cache: () => checkImages(folder, {cache: path}),
      directory: () => exportModel(classifier, path),
      place: () => loadModel(path),
      root: () => loadImageFolder(path),
      valData: () => loadImageFolder(folder.root, {valData: path}),
    };
    for (const [name, call] of Object.entries(calls))
      expect(await rejectionOf(call()), name).to.include({code: 'INVALID_ARGUMENT'});
  });

  it('loads no exported model once it is aborted, whatever runs', async () => {
    expect(await rejectionOf(loadModel(place, {signal: AbortSignal.abort()}))).to.include({
      code: 'ABORTED',
    });
  });

  it('stops an evaluation with an error of its own', async () => {
    expect(await rejectionOf(evaluate(model, folder, {signal: AbortSignal.abort()}))).to.include({
      code: 'ABORTED',
    });
  });
});

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === 0;
function isEmptyOptions(place: number): (value: unknown, at: number) => boolean {
  return (value, at) => at === place && isEmpty(value);
}

/** Loads an exported model in a process of its own, and tells which backend computes. */
async function backendOf(
  script: string,
  environment: NodeJS.ProcessEnv,
): Promise<{readonly stderr: string; readonly reported: Record<string, unknown>}> {
  const text = `import {checkImages, finetune, installBackend, loadImageFolder, loadModel, resolveRecipe, startBackend} from '${SRC}/index.js';
import {locateWeights} from '${SRC}/backbones/index.js';
const events = [];
const onEvent = event => events.push(event.type);
const told = await (async () => { ${script} })().catch(({code, exitCode, message}) => ({code, exitCode, message}));
console.log(JSON.stringify({...told, events}));`;
  const {stdout, stderr} = await inChild(text, {
    FINETUNE_BACKEND: undefined,
    FINETUNE_DEVICE: undefined,
    FINETUNE_OFFLINE: undefined,
    FINETUNE_WORKERS: undefined,
    ...environment,
  });
  return {stderr, reported: JSON.parse(stdout) as Record<string, unknown>};
}

describe('the backend of the library', function () {
  this.timeout(120_000);
  useBackend();

  let [place, images] = ['', ''];
  before(async () => {
    place = join(temporaryDirectory(), 'model');
    images = await drawImages(temporaryDirectory());
    const classifier = randomClassifier({spec: {lastStage: 1}});
    await exportModel(classifier, place);
    classifier.dispose();
  });
  const load = (options = 'onEvent'): string =>
    `const model = await loadModel(${JSON.stringify(place)}, {${options}}); const {backend} = await startBackend(); return {backend};`;
  const nothing = (): NodeJS.ProcessEnv => {
    const FINETUNE_CACHE = join(temporaryDirectory(), 'cache');
    mkdirSync(FINETUNE_CACHE);
    return {FINETUNE_CACHE};
  };

  it('is whatever is there: nothing is installed for a model', async () => {
    const {reported, stderr} = await backendOf(load(), nothing());
    expect(reported).to.deep.equal({backend: 'wasm', events: ['fallback']});
    expect(stderr).to.equal('');
    expect((await backendOf(load(), {})).reported).to.deep.equal({
      backend: 'tensorflow',
      events: [],
    });
  });

  it('is that of the options, before that of the environment', async () => {
    expect((await backendOf(load(), {FINETUNE_BACKEND: 'wasm'})).reported).to.include({
      backend: 'wasm',
    });
    expect(
      (await backendOf(load("backend: 'wasm'"), {FINETUNE_BACKEND: 'tensorflow'})).reported,
    ).to.include({backend: 'wasm'});
    expect((await backendOf(load("backend: 'tensorflow'"), nothing())).reported).to.deep.equal({
      code: 'BACKEND_NOT_INSTALLED',
      exitCode: 4,
      message:
        "TensorFlow is not installed. Install it once: await installBackend() downloads 274 MB. Or let WebAssembly compute: {backend: 'wasm'}.",
      events: [],
    });
    expect((await backendOf(load(), {FINETUNE_BACKEND: 'cuda'})).reported).to.include({
      code: 'USAGE',
      exitCode: 2,
    });
    expect((await backendOf(load(), {FINETUNE_OFFLINE: 'perhaps'})).reported).to.include({
      code: 'USAGE',
    });
    expect(
      (await backendOf(load(), {FINETUNE_BACKEND: 'tensorflow', FINETUNE_DEVICE: 'gpu:99'}))
        .reported,
    ).to.include({code: 'GPU_UNAVAILABLE'});
  });

  it('is started without any option', async () => {
    const started =
      "const {backend, device} = await startBackend({backend: 'wasm'}); return {backend, device};";
    expect((await backendOf(started, {})).reported).to.include({backend: 'wasm', device: 'cpu'});
    // What runs serves a model, whatever the environment asks for.
    const both = `await startBackend({backend: 'wasm'}); ${load()}`;
    expect((await backendOf(both, {FINETUNE_BACKEND: 'tensorflow'})).reported).to.include({
      backend: 'wasm',
    });
  });

  const train = (options: string): string =>
    `const images = await loadImageFolder(${JSON.stringify(images)});
const recipe = resolveRecipe({arch: 'resnet18', weights: 'none', imageSize: 32, epochs: 1, freeze: 'probe', views: 0}, images);
const infos = [];
const listener = event => event.type === 'info' && infos.push(event.message);
const {backend: {backend}, classifier} = await finetune(images, recipe, {onEvent: listener, ${options}});
classifier.dispose();
return {backend, infos};`;

  it('trains on TensorFlow, or says what to do: to train on WebAssembly takes an age', async () => {
    const environment = nothing();
    const {reported} = await backendOf(train(''), environment);
    expect(reported).to.deep.equal({
      code: 'BACKEND_NOT_INSTALLED',
      exitCode: 4,
      message:
        'TensorFlow is not installed, and WebAssembly trains about 5 times slower at 64 px and 9 times slower at 224 px. ' +
        "Install it once: await installBackend() downloads 274 MB. Or let WebAssembly compute: {backend: 'wasm'}.",
      events: [],
    });
    expect(readdirSync(environment.FINETUNE_CACHE!)).to.deep.equal([]);
    expect((await backendOf(train("backend: 'wasm'"), environment)).reported).to.include({
      backend: 'wasm',
    });
    expect(
      (await backendOf(train(''), {...environment, FINETUNE_BACKEND: 'wasm'})).reported,
    ).to.include({backend: 'wasm'});
    expect((await backendOf(train(''), {})).reported).to.include({backend: 'tensorflow'});
  });

  it('trains on WebAssembly where TensorFlow cannot be had, and says why', async () => {
    const elsewhere = "Object.defineProperty(process, 'platform', {value: 'freebsd'});";
    const {reported} = await backendOf(`${elsewhere}${train('')}`, nothing());
    expect(reported).to.include({backend: 'wasm'});
    expect((reported.infos as readonly string[])[0]).to.match(
      /^TensorFlow does not run on freebsd on \w+; it needs Linux/,
    );
  });

  it('is not installed offline', async () => {
    const environment = {...nothing(), FINETUNE_OFFLINE: '1'};
    const {reported} = await backendOf('return await installBackend();', environment);
    expect(reported).to.include({code: 'BACKEND_UNAVAILABLE', exitCode: 4});
    expect(reported.message).to.match(/^Installing downloads TensorFlow.*forbidden offline\./);
    // Nothing is downloaded for what is there.
    const {reported: found} = await backendOf(
      'const {tensorflow} = await installBackend({gpu: false}); return {tensorflow};',
      {FINETUNE_OFFLINE: '1'},
    );
    expect(found.tensorflow).to.match(/^2\./);
  });

  it('obeys the variables of the command line', async () => {
    const locate = "return await locateWeights('auto', 'resnet18')";
    const {reported} = await backendOf(`${locate};`, {...nothing(), FINETUNE_OFFLINE: 'yes'});
    expect(reported.code).to.equal('WEIGHTS_UNAVAILABLE');
    expect(reported.message).to.include('offline');
    const check = `return await checkImages(await loadImageFolder(${JSON.stringify(images)}));`;
    const {reported: refused} = await backendOf(check, {FINETUNE_WORKERS: 'many'});
    expect(refused).to.include({
      code: 'USAGE',
      message: 'FINETUNE_WORKERS in the environment is "many". Set it to a whole number from 1 up.',
    });
    expect((await backendOf(check, {FINETUNE_WORKERS: '1'})).reported).to.have.property('findings');
  });

  it('is silent in a Worker', async () => {
    const inWorker = `const {Worker, isMainThread, parentPort} = await import('node:worker_threads');
const code = ${JSON.stringify(`import {parentPort} from 'node:worker_threads'; import {startBackend} from '${pathToFileURL(SRC).href}/index.js';
startBackend({backend: 'tensorflow', device: 'cpu', offline: true}).then(({backend}) => parentPort.postMessage(backend));`)};
const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));
const backend = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
await worker.terminate();
return {backend};`;
    const {reported, stderr} = await backendOf(inWorker, {TF_CPP_MIN_LOG_LEVEL: undefined});
    expect(reported).to.deep.equal({backend: 'tensorflow', events: []});
    expect(stderr).to.equal('');
  });
});

import type {StoredMetadata} from './metadata.js';
import {
  BACKEND_TITLES,
  findBackends,
  findTensorFlow,
  reasonOf,
  startWebBackend,
  tryBackends,
  type Attempt,
} from './backends.js';
import {WebModel} from './web-model.js';
import {Page} from './page.js';
import {byId, say, showModel, showProgress} from './view.js';

/** Folder of `metadata.json`, from the page. */
const ROOT = '../';

/** Loads the model on the first backend that runs it. Weights are on a backend, so each attempt loads them. */
const load = async (metadata: StoredMetadata): Promise<Attempt<WebModel>> =>
  tryBackends(await findBackends(), async backend => {
    await startWebBackend(backend);
    say('Loading the model');
    const model = await WebModel.load(ROOT, metadata, showProgress);
    say('Warming up', `${BACKEND_TITLES[backend]} compiles the model. This takes a moment.`);
    try {
      await model.warmUp();
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  });

/** Takes files that are dropped anywhere in the page. */
function listenForDrops(classify: (file: File) => void): void {
  document.addEventListener('dragover', event => {
    event.preventDefault();
    document.body.classList.add('over');
  });
  document.addEventListener('dragleave', () => document.body.classList.remove('over'));
  document.addEventListener('drop', event => {
    event.preventDefault();
    document.body.classList.remove('over');
    const file = event.dataTransfer?.files[0];
    if (file === undefined)
      say('That is not a file', 'Save the image first, and drop the file.', true);
    else classify(file);
  });
}

function listen(page: Page): void {
  const classify = (file: File | undefined): void => {
    if (file !== undefined) void page.classifyFile(file);
  };
  const input = byId<HTMLInputElement>('file');
  byId('choose').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    classify(input.files?.[0]);
    // The same file may be chosen again.
    input.value = '';
  });
  byId('camera').addEventListener('click', () => void page.toggleCamera());
  byId('map').addEventListener('change', () => void page.toggleMap());
  document.addEventListener('paste', event => classify(event.clipboardData?.files[0]));
  listenForDrops(classify);
}

async function start(): Promise<void> {
  if (location.protocol === 'file:')
    return say(
      'Open this page through a web server',
      'Browsers do not let a page read the files next to it on disk. Run finetune try with the folder of the model, or serve that folder.',
      true,
    );
  if (findTensorFlow() === undefined)
    return say('tf.min.js is not there', 'Copy the whole folder of the model again.', true);
  const metadata = await WebModel.readMetadata(ROOT);
  const members = 'members' in metadata ? metadata.members : [metadata];
  showModel(
    metadata.classNames,
    members.map(({arch}) => arch),
  );
  const attempt = await load(metadata);
  const page = new Page(attempt, metadata);
  page.showFacts();
  byId('map-control').hidden = !attempt.result.hasMaps;
  for (const id of ['choose', 'camera']) byId<HTMLButtonElement>(id).disabled = false;
  listen(page);
  say('Ready', 'Drop an image, paste one, choose a file or use the camera.');
}

start()
  .catch((error: unknown) =>
    say(
      'The model cannot be loaded',
      `${reasonOf(error)}. Copy the whole folder of the model again, or export it again.`,
      true,
    ),
  )
  .finally(() => showProgress(undefined));

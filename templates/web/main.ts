import {BACKEND_TITLES, reasonOf, type WebBackend} from './inference/backends.js';
import type {LoadStage} from './inference/messages.js';
import type {StoredMetadata} from './inference/metadata.js';
import {readModelJson, type ModelSource} from './inference/model-source.js';
import {startModelClient} from './model-client.js';
import {findModelIn} from './model-folder.js';
import {Page} from './page.js';
import {byId, say, showModel, showProgress} from './view.js';

const WHOLE_FOLDER = 'Copy the whole folder of the model again, or export it again.';

function sayProgress(progress: LoadStage): void {
  if (progress.stage === 'load') {
    say('Loading the model');
    return showProgress(progress.fraction);
  }
  showProgress(undefined);
  const backend = BACKEND_TITLES[progress.backend];
  say('Warming up', `${backend} compiles the model. This takes a moment.`);
}

/** The backend in the address of the page: `?backend=wasm`. */
function wantedBackend(): WebBackend | undefined {
  const wanted = new URLSearchParams(location.search).get('backend');
  return wanted !== null && wanted in BACKEND_TITLES ? (wanted as WebBackend) : undefined;
}

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

async function load(source: ModelSource): Promise<void> {
  const metadata = await readModelJson<StoredMetadata>(source, 'metadata.json');
  const members = 'members' in metadata ? metadata.members : [metadata];
  showModel(
    metadata.classNames,
    members.map(({arch}) => arch),
  );
  const client = await startModelClient(source, sayProgress);
  const backend = wantedBackend();
  const request = {source, metadata, ...(backend !== undefined && {backend})};
  const loaded = await client.load(request).catch((error: unknown) => {
    client.close();
    throw error;
  });
  const page = new Page(client, loaded, metadata);
  page.showFacts();
  byId('map-control').hidden = !loaded.hasMaps;
  for (const id of ['choose', 'camera']) byId<HTMLButtonElement>(id).disabled = false;
  listen(page);
  say('Ready', 'Drop an image, paste one, choose a file or use the camera.');
}

/** Loads a model. @returns whether it is loaded; a failure is shown */
const start = (source: ModelSource): Promise<boolean> =>
  load(source)
    .then(() => true)
    .catch((error: unknown) => {
      say(
        'The model cannot be loaded',
        `${reasonOf(error).replace(/\.$/, '')}. ${WHOLE_FOLDER}`,
        true,
      );
      return false;
    })
    .finally(() => showProgress(undefined));

/** Asks for the folder of the model: a page that is opened from disk reads nothing that was not chosen. */
function askForFolder(): void {
  const [input, button] = [byId<HTMLInputElement>('folder'), byId<HTMLButtonElement>('choose-folder')]; // prettier-ignore
  const ask = (text: string, isWrong = false): void => {
    say(
      text,
      'Browsers let a page read from disk only what you choose. Choose the folder of the model, the one that contains web, the folder of this page. The browser may call that an upload, but nothing leaves this computer.',
      isWrong,
    );
    byId('ask-folder').hidden = false;
    showProgress(undefined);
  };
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const source = findModelIn([...(input.files ?? [])]);
    input.value = '';
    if (source === undefined) return ask('There is no model in this folder', true);
    byId('ask-folder').hidden = true;
    say('Loading the model');
    void start(source).then(isLoaded => (byId('ask-folder').hidden = isLoaded));
  });
  if ('webkitdirectory' in input) return ask('Opened from disk');
  say('Open this page through a web server', 'This browser does not let a page read the files next to it on disk, nor a folder. Run finetune try with the folder of the model, or serve that folder.', true); // prettier-ignore
  showProgress(undefined);
}

if (location.protocol === 'file:') askForFolder();
else void start({root: new URL('../', location.href).href});

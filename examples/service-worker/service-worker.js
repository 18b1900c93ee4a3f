// Answers POST /classify from the model in the cache. Nothing is uploaded.
const TFJS = 'https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.22.0/dist/tf.min.js';
/** Give it another name with every new model: browsers keep what they have cached. */
const CACHE = 'model-1';
const PAGE = ['./', 'index.html', 'page.js'];
const MODEL = ['model/model.json', 'model/labels.txt', 'model/finetune.json'];

importScripts(TFJS);

async function store() {
  const cache = await caches.open(CACHE);
  const {weightsManifest} = await (await fetch('model/model.json')).json();
  const shards = weightsManifest.flatMap(({paths}) => paths.map(path => `model/${path}`));
  await cache.addAll([...PAGE, ...MODEL, ...shards]);
  await self.skipWaiting();
}

/** Takes over open pages, and removes caches of earlier models. */
async function activate() {
  const names = (await caches.keys()).filter(name => name !== CACHE);
  await Promise.all(names.map(name => caches.delete(name)));
  await self.clients.claim();
}

const fromCache = async request => (await caches.match(request)) ?? fetch(request);

async function load() {
  const model = await tf.loadLayersModel('model/model.json', {fetchFunc: fromCache});
  const labels = (await (await fromCache('model/labels.txt')).text()).trimEnd().split('\n');
  const {preprocessing} = await (await fromCache('model/finetune.json')).json();
  return {model, labels, ...preprocessing};
}

/** A browser stops a service worker that has nothing to do, and forgets its variables. */
let loading;

/** RGB pixels 0..255, `[1, cropSize, cropSize, 3]`: the middle of the image (`--fit crop`) on white. */
function toInput(image, resizeSize, cropSize) {
  const context = new OffscreenCanvas(cropSize, cropSize).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, cropSize, cropSize);
  const side = (Math.min(image.width, image.height) * cropSize) / resizeSize;
  const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];
  context.drawImage(image, left, top, side, side, 0, 0, cropSize, cropSize);
  return tf.browser
    .fromPixels(context.getImageData(0, 0, cropSize, cropSize))
    .toFloat()
    .expandDims();
}

async function classify(request) {
  loading ??= load();
  try {
    const {model, labels, resizeSize, cropSize} = await loading;
    const image = await createImageBitmap(await request.blob());
    const output = tf.tidy(() => model.predict(toInput(image, resizeSize, cropSize)));
    const probabilities = await output.data();
    output.dispose();
    image.close();
    const best = probabilities.indexOf(Math.max(...probabilities));
    return Response.json({className: labels[best], probability: probabilities[best]});
  } catch (error) {
    return Response.json({error: error.message}, {status: 422});
  }
}

self.addEventListener('install', event => event.waitUntil(store()));
self.addEventListener('activate', event => event.waitUntil(activate()));
self.addEventListener('fetch', event => {
  const {pathname} = new URL(event.request.url);
  const isImage = event.request.method === 'POST' && pathname.endsWith('/classify');
  event.respondWith(isImage ? classify(event.request) : fromCache(event.request));
});

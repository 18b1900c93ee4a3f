// An HTTP service that classifies images in worker threads, one for each core.
//
//   node server.js ./model 8080
//   curl --data-binary @cat.jpg http://127.0.0.1:8080/classify
import {once} from 'node:events';
import {createServer} from 'node:http';
import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';

const MAX_BYTES = 20 * 2 ** 20;
/** Images that may wait for each thread. More are refused, so that no caller waits for minutes. */
const MAX_WAITING = Number(process.env.MAX_WAITING ?? 16);

const [directory = './model', port = '8080', host = '0.0.0.0'] = process.argv.slice(2);

/** A thread that classifies one image after the other. */
class Classifier {
  #worker = new Worker(new URL('./classifier.js', import.meta.url), {workerData: {directory}});
  #waiting = [];

  async start() {
    await once(this.#worker, 'message');
    this.#worker.on('message', answer => this.#waiting.shift()(answer));
    // Without its threads, the service is of no use: whoever started it starts it again.
    this.#worker.on('exit', () => process.exit(1));
  }

  get waiting() {
    return this.#waiting.length;
  }

  /** @returns the status and the body of the answer */
  classify(image) {
    return new Promise(resolve => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(image);
    });
  }
}

const classifiers = Array.from({length: availableParallelism()}, () => new Classifier());
await Promise.all(classifiers.map(classifier => classifier.start()));

/** The body of a request, or undefined where it is too large. */
async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) chunks.push(chunk);
  }
  return bytes <= MAX_BYTES ? Buffer.concat(chunks) : undefined;
}

async function answer(request) {
  if (request.url === '/health') return [200, {status: 'ready'}];
  if (request.url !== '/classify') return [404, {error: 'Send an image to /classify.'}];
  if (request.method !== 'POST') return [405, {error: 'Send an image by POST.'}];
  const image = await readBody(request);
  if (image === undefined) return [413, {error: `Send at most ${MAX_BYTES} bytes.`}];
  const [idlest] = classifiers.toSorted((a, b) => a.waiting - b.waiting);
  if (idlest.waiting >= MAX_WAITING) return [503, {error: 'Too many images. Try again later.'}];
  return idlest.classify(image);
}

async function respond(request, response) {
  const [status, body] = await answer(request).catch(error => [400, {error: error.message}]);
  response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
}

const server = createServer((request, response) => void respond(request, response));

server.listen(Number(port), host, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

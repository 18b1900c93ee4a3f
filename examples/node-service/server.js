// An HTTP service that classifies the image in the body of a request.
//
//   node server.js ./model 8080
//   curl --data-binary @cat.jpg http://127.0.0.1:8080
import {createServer} from 'node:http';
import {FinetuneError, loadModel} from 'finetune-inference';

const MAX_BYTES = 20 * 2 ** 20;

const [directory = './model', port = '8080'] = process.argv.slice(2);
const model = await loadModel(directory);

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
  if (request.method !== 'POST') return [405, {error: 'Send an image by POST.'}];
  const image = await readBody(request);
  if (image === undefined) return [413, {error: `Send at most ${MAX_BYTES} bytes.`}];
  try {
    return [200, await model.classify(image, {top: 3})];
  } catch (error) {
    if (error instanceof FinetuneError) return [400, {error: error.message, code: error.code}];
    throw error;
  }
}

async function respond(request, response) {
  const [status, body] = await answer(request).catch(error => {
    console.error(error);
    return [500, {error: 'The image was not classified.'}];
  });
  response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
}

const server = createServer((request, response) => void respond(request, response));

server.listen(Number(port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

process.once('SIGTERM', () => {
  server.close(() => model.dispose());
  server.closeAllConnections();
});

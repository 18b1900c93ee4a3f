// A thread of server.js. Says that it is ready, then answers every image with a status and a body.
import {parentPort, workerData} from 'node:worker_threads';
import {FinetuneError, loadModel} from 'finetune-inference';

const model = await loadModel(workerData.directory);

async function classify(image) {
  try {
    return [200, await model.classify(image, {top: 3})];
  } catch (error) {
    if (error instanceof FinetuneError) return [422, {error: error.message, code: error.code}];
    console.error(error);
    return [500, {error: 'The image was not classified.'}];
  }
}

let last = Promise.resolve();
parentPort.on('message', image => {
  last = last.then(async () => parentPort.postMessage(await classify(image)));
});
parentPort.postMessage('ready');

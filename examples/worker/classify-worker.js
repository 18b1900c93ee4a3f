// Answers every path with the likeliest class, or with the error; ends at null.
import {parentPort, workerData} from 'node:worker_threads';
import {loadModel} from 'finetune-inference';

const model = await loadModel(workerData.directory);

async function classify(image) {
  try {
    const [best] = await model.classify(image, {top: 1});
    parentPort.postMessage(best);
  } catch (error) {
    parentPort.postMessage({error: error.message});
  }
}

parentPort.on('message', image => {
  if (image !== null) return void classify(image);
  model.dispose();
  parentPort.close();
});

// Classifies in a worker thread, so that the main thread stays free.
//
//   node main.js ./model cat.jpg dog.jpg
import {once} from 'node:events';
import {Worker} from 'node:worker_threads';

const [directory = './model', ...images] = process.argv.slice(2);

const worker = new Worker(new URL('./classify-worker.js', import.meta.url), {
  workerData: {directory},
});

for (const image of images) {
  worker.postMessage(image);
  const [{className, probability, error}] = await once(worker, 'message');
  console.log(error ?? `${image}: ${className} ${probability.toFixed(3)}`);
}

worker.postMessage(null);
await once(worker, 'exit');

// The page only sends the chosen image. The service worker holds the model, for all tabs, and works without a network.
const output = document.querySelector('output');
const input = document.querySelector('input');

await navigator.serviceWorker.register('service-worker.js');
await navigator.serviceWorker.ready;
if (navigator.serviceWorker.controller === null)
  await new Promise(resolve =>
    navigator.serviceWorker.addEventListener('controllerchange', resolve, {once: true}),
  );

async function classify(file) {
  output.textContent = 'Classifying';
  const response = await fetch('classify', {method: 'POST', body: file});
  const {className, probability, error} = await response.json();
  output.textContent = error ?? `${className} ${(100 * probability).toFixed(1)} %`;
}

input.addEventListener('change', () => void classify(input.files[0]));
output.textContent = 'Choose an image';

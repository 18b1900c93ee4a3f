// Classifies the chosen image in the page. Nothing is uploaded.
const output = document.querySelector('output');
const input = document.querySelector('input');

const model = await tf.loadLayersModel('model/model.json');
const labels = (await (await fetch('model/labels.txt')).text()).trimEnd().split('\n');
const {preprocessing} = await (await fetch('model/finetune.json')).json();
const {resizeSize, cropSize} = preprocessing;

/** RGB pixels 0..255, `[1, cropSize, cropSize, 3]`: the middle of the image (`--fit crop`) on white. Normalization is inside the model. */
function toInput(image) {
  const canvas = new OffscreenCanvas(cropSize, cropSize);
  const context = canvas.getContext('2d', {willReadFrequently: true});
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

async function classify(file) {
  const image = await createImageBitmap(file);
  const probabilities = tf.tidy(() => model.predict(toInput(image)).dataSync());
  image.close();
  const best = probabilities.indexOf(Math.max(...probabilities));
  output.textContent = `${labels[best]} ${(100 * probabilities[best]).toFixed(1)} %`;
}

input.addEventListener('change', () => void classify(input.files[0]));
output.textContent = 'Choose an image';

// Classifies the chosen image in the page. Nothing is uploaded.
const output = document.querySelector('output');
const input = document.querySelector('input');

const model = await tf.loadLayersModel('model/model.json');
const labels = (await (await fetch('model/labels.txt')).text()).trimEnd().split('\n');
const [, height, width] = model.inputs[0].shape;

/** RGB pixels 0..255, `[1, height, width, 3]`: the middle of the image on white. Normalization is inside the model. */
function toInput(image) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  const side = Math.min(image.width, image.height);
  const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];
  context.drawImage(image, left, top, side, side, 0, 0, width, height);
  return tf.browser
    .fromPixels(context.getImageData(0, 0, width, height))
    .toFloat()
    .expandDims();
}

input.addEventListener('change', async () => {
  const image = await createImageBitmap(input.files[0]);
  const probabilities = tf.tidy(() => model.predict(toInput(image)).dataSync());
  image.close();
  const best = probabilities.indexOf(Math.max(...probabilities));
  output.textContent = `${labels[best]} ${(100 * probabilities[best]).toFixed(1)} %`;
});
output.textContent = 'Choose an image';

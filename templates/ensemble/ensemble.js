// Classifies an image with every network of the ensemble, in the browser. Nothing is uploaded.

/** Rows of the table of classes. */
const MAX_ROWS = 5;
/** Smallest normal float32. A probability of 0 has no logarithm. */
const MIN_PROBABILITY = 2 ** -126;

const element = id => document.getElementById(id);
const input = document.querySelector('input');
const status = document.querySelector('.status');

function say(text, isWrong = false) {
  status.textContent = text;
  status.classList.toggle('wrong', isWrong);
}

async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} is not there (${response.status})`);
  return response.json();
}

/** Loads the networks one after another, so that their weights are not in memory twice at once. */
async function loadEnsemble() {
  const ensemble = await fetchJson('ensemble.json');
  const members = [];
  for (const [i, {name, arch}] of ensemble.members.entries()) {
    say(`Loading network ${i + 1} of ${ensemble.members.length}`);
    const {preprocessing, classes} = await fetchJson(`members/${name}/finetune.json`);
    const network = await tf.loadLayersModel(`members/${name}/model.json`);
    const order = ensemble.classes.map(className => classes.indexOf(className));
    members.push({name, arch, preprocessing, network, order});
  }
  return {...ensemble, members};
}

/** Mean color of the training images, which fills the border of `--fit pad`. */
function fillColor({mean, scale, channelOrder}) {
  const color = mean.map(value => Math.round(value / scale));
  return `rgb(${(channelOrder === 'rgb' ? color : color.reverse()).join(', ')})`;
}

/** Draws an image into the square input of a network; transparency is composited on white. */
function drawInput(image, preprocessing) {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = cropSize;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.fillStyle = fit === 'pad' ? fillColor(preprocessing) : 'white';
  context.fillRect(0, 0, cropSize, cropSize);
  if (fit === 'squash') {
    context.drawImage(image, 0, 0, cropSize, cropSize);
  } else if (fit === 'pad') {
    const scale = cropSize / Math.max(image.width, image.height);
    const [width, height] = [image.width, image.height].map(side =>
      Math.max(1, Math.round(side * scale)),
    );
    const [left, top] = [(cropSize - width) >> 1, (cropSize - height) >> 1];
    context.fillStyle = 'white';
    context.fillRect(left, top, width, height);
    context.drawImage(image, left, top, width, height);
  } else {
    const side = (Math.min(image.width, image.height) * cropSize) / resizeSize;
    const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];
    context.drawImage(image, left, top, side, side, 0, 0, cropSize, cropSize);
  }
  return context.getImageData(0, 0, cropSize, cropSize);
}

/** Probabilities of one network, in the class order of the ensemble. Normalization is part of the network. */
async function classifyBy({network, preprocessing, order}, image) {
  const pixels = drawInput(image, preprocessing);
  const output = tf.tidy(() =>
    network.predict(tf.browser.fromPixels(pixels).toFloat().expandDims()),
  );
  const probabilities = await output.data();
  output.dispose();
  return order.map(index => probabilities[index]);
}

const meanOf = (members, value = x => x) =>
  members[0].map((_, i) => members.reduce((sum, p) => sum + value(p[i]), 0) / members.length);

const argmax = values => values.indexOf(Math.max(...values));

/** The three ways to combine the networks, as in finetune. */
const COMBINE = {
  mean: members => meanOf(members),
  logits: members => {
    const products = meanOf(members, p => Math.log(Math.max(p, MIN_PROBABILITY))).map(Math.exp);
    const sum = products.reduce((total, value) => total + value, 0);
    return products.map(value => value / sum);
  },
  majority: members => {
    const votes = meanOf(members);
    for (const member of members) votes[argmax(member)] += 1;
    return votes.map(value => value / (members.length + 1));
  },
};

function cell(kind, text, className = '') {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = className;
  return made;
}

function row(title, probability, ...cells) {
  const made = document.createElement('tr');
  const value = document.createElement('data');
  value.value = String(probability);
  value.textContent = `${(100 * probability).toFixed(1)} %`;
  const last = cell('td', '', 'number');
  last.append(value);
  made.append(title, ...cells, last);
  return made;
}

function classRow(className, probability) {
  const title = cell('th', className);
  const [bar, filled] = [cell('div', '', 'bar'), document.createElement('div')];
  filled.style.width = `${100 * probability}%`;
  bar.append(filled);
  title.append(bar);
  return row(title, probability);
}

function showResults({classes, members, vote}, byMember) {
  const probabilities = byMember.length === 1 ? byMember[0] : COMBINE[vote](byMember);
  const ranked = classes
    .map((className, i) => [className, probabilities[i]])
    .sort(([, a], [, b]) => b - a);
  element('classes').replaceChildren(
    ...ranked.slice(0, MAX_ROWS).map(([name, probability]) => classRow(name, probability)),
  );
  element('members').replaceChildren(
    ...members.map(({name}, i) => {
      const best = argmax(byMember[i]);
      return row(cell('th', name), byMember[i][best], cell('td', classes[best]));
    }),
  );
  element('results').hidden = false;
  say(`${ranked[0][0]}, ${(100 * ranked[0][1]).toFixed(1)} %`);
}

async function classify(ensemble, file) {
  say('Classifying');
  try {
    const image = await createImageBitmap(file);
    const preview = element('preview');
    URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(file);
    preview.alt = file.name;
    preview.hidden = false;
    element('prompt').hidden = true;
    const byMember = [];
    for (const member of ensemble.members) byMember.push(await classifyBy(member, image));
    image.close();
    showResults(ensemble, byMember);
  } catch (error) {
    element('results').hidden = true;
    say(`${file.name} cannot be classified: ${error.message}. Choose another image.`, true);
  }
}

const VOTES = {
  mean: 'the mean of their probabilities',
  logits: 'the softmax of their mean logits',
  majority: 'a majority vote',
};

function start(ensemble) {
  const networks = ensemble.members.length;
  element('description').textContent =
    `${networks === 1 ? 'One network tells' : `${networks} networks tell`} ${ensemble.classes.length} classes apart` +
    `${networks === 1 ? '' : `, by ${VOTES[ensemble.vote]}`}. The image stays in this browser.`;
  const drop = element('drop');
  input.disabled = false;
  input.addEventListener('change', () => {
    const [file] = input.files;
    if (file !== undefined) void classify(ensemble, file);
  });
  drop.addEventListener('dragover', event => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', event => {
    event.preventDefault();
    drop.classList.remove('over');
    const [file] = event.dataTransfer.files;
    if (file !== undefined) void classify(ensemble, file);
  });
  say('Ready');
}

/** Why the ensemble is not there, and what to do. */
const explain = ({message}) =>
  typeof tf === 'undefined'
    ? 'TensorFlow.js cannot be loaded from cdn.jsdelivr.net. Check the connection, or change its address in index.html.'
    : `The ensemble cannot be loaded: ${message}. Serve this folder by a web server, such as npx serve.`;

try {
  start(await loadEnsemble());
} catch (error) {
  say(explain(error), true);
}

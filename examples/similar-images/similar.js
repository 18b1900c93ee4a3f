// Images that resemble an image most, by the feature maps of a trained backbone.
//
//   node similar.js ./model query.jpg images/*.jpg
import {loadFeatureExtractor} from 'finetune';

const SHOWN = 5;

const [directory, query, ...paths] = process.argv.slice(2);
const extractor = await loadFeatureExtractor(directory);
/** The smallest map, which says most about what is in an image. */
const last = extractor.names.at(-1);

/** Mean of a map over its places, of length 1: `[channels]`. */
function toVector({shape: [height, width, channels], data}) {
  const mean = new Float32Array(channels);
  data.forEach((value, i) => (mean[i % channels] += value / (height * width)));
  const length = Math.hypot(...mean);
  return mean.map(value => value / length);
}

const similarity = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const maps = await extractor.features([query, ...paths], [last]);
const [wanted, ...vectors] = maps.map(each => toVector(each[last]));
const ranked = vectors
  .map((vector, i) => ({path: paths[i], similarity: similarity(wanted, vector)}))
  .sort((a, b) => b.similarity - a.similarity);
for (const found of ranked.slice(0, SHOWN))
  console.log(`${found.similarity.toFixed(3)} ${found.path}`);
extractor.dispose();

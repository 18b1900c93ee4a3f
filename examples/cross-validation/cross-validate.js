// Cross-validation from the library: every image validates one of the folds.
//
//   node cross-validate.js ./pets 5 '{"arch": "resnet18"}'
import {crossValidate, loadImageFolder, resolveRecipe} from 'finetune';

const [data = './pets', folds = '5', options = '{}'] = process.argv.slice(2);

const folder = await loadImageFolder(data);
const recipe = resolveRecipe(JSON.parse(options), folder);
const {folds: results} = await crossValidate(folder, recipe, Number(folds));

const accuracies = results.map(({metrics}) => metrics.accuracy);
const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
accuracies.forEach((accuracy, i) => console.log(`fold ${i + 1}: accuracy ${accuracy.toFixed(3)}`));
console.log(`mean accuracy ${mean.toFixed(3)}`);

import {expect} from 'chai';
import {checkRecipeInput} from '../../../src/finetune/recipe/recipe.js';
import {recipeSchema} from '../../../src/finetune/recipe/recipe-schema.js';
import {HEAD_TYPES} from '../../../src/heads/head.js';
import {OPTIMIZERS} from '../../../src/training/loop/optimizer.js';

describe('the schema of recipes', () => {
  it('accepts every optimizer and every head of the tables, and no other', () => {
    for (const optimizer of Object.keys(OPTIMIZERS))
      expect(checkRecipeInput({optimizer}, 'Recipe')).to.deep.equal({optimizer});
    for (const head of HEAD_TYPES) expect(checkRecipeInput({head}, 'Recipe')).to.deep.equal({head});
    expect(() => checkRecipeInput({optimizer: 'lyon'}, 'Recipe')).to.throw(/did you mean lion/);
    expect(() => checkRecipeInput({head: 'cubic'}, 'Recipe')).to.throw('cubic');
  });

  it('describes every optimizer for the help', () => {
    const {description} = recipeSchema.properties.optimizer;
    for (const row of Object.values(OPTIMIZERS)) expect(description).to.include(row.description);
  });
});

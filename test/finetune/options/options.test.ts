import {expect} from 'chai';
import {toObjectSchema, type OptionRow} from '../../../src/finetune/options/option.js';
import {OPTION_GROUPS, OPTIONS, selectOptions} from '../../../src/finetune/options/options.js';
import {checkRecipeInput, RECIPE_OPTIONS} from '../../../src/finetune/recipe/recipe.js';
import {recommend} from '../../../src/finetune/recipe/recommend.js';
import {validate} from '../../../src/core/schema.js';
import {HEAD_TYPES} from '../../../src/heads/head.js';
import {OPTIMIZERS} from '../../../src/training/loop/optimizer.js';

const ROWS: readonly (readonly [key: string, row: OptionRow])[] = Object.entries(OPTIONS);

describe('the table of options', () => {
  it('has every option in one group, and in one only', () => {
    const grouped = Object.values(OPTION_GROUPS).flatMap(group => Object.keys(group));
    expect(grouped).to.have.members(Object.keys(OPTIONS));
    expect(new Set(grouped).size).to.equal(grouped.length);
  });

  for (const [key, row] of ROWS) {
    it(`describes ${key}, and has a value of it to show that its schema takes`, () => {
      expect(row.help).to.be.a('string').that.is.not.empty;
      const value = row.default ?? row.example;
      expect(validate(toObjectSchema({[key]: row}), {[key]: value}, key)).to.deep.equal({
        [key]: value,
      });
    });
  }

  it('marks as recommended what is recommended, and nothing else', () => {
    const stats = {
      images: 1000,
      classes: 2,
      smallestClass: 500,
      largestClass: 500,
      pretrained: true,
      gpu: false,
    };
    expect(Object.keys(selectOptions(({isRecommended}) => isRecommended === true))).to.have.members(
      // The solver of heads depends on the rest of the recipe, too (recommend-head-solver.ts).
      [...Object.keys(recommend(stats).values), 'headSolver'],
    );
  });

  it('recommends nothing that has a default', () => {
    expect(ROWS.filter(([, row]) => row.isRecommended && row.default !== undefined)).to.deep.equal(
      [],
    );
  });
});

describe('the options of recipes', () => {
  it('accept every optimizer and every head of the tables, and no other', () => {
    for (const optimizer of Object.keys(OPTIMIZERS))
      expect(checkRecipeInput({optimizer}, 'Recipe')).to.deep.equal({optimizer});
    for (const head of HEAD_TYPES) expect(checkRecipeInput({head}, 'Recipe')).to.deep.equal({head});
    expect(() => checkRecipeInput({optimizer: 'lyon'}, 'Recipe')).to.throw(/did you mean lion/);
    expect(() => checkRecipeInput({head: 'cubic'}, 'Recipe')).to.throw('cubic');
  });

  it('describe every optimizer for the help', () => {
    for (const {description} of Object.values(OPTIMIZERS))
      expect(RECIPE_OPTIONS.optimizer!.help).to.include(description);
  });
});

import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {
  formatCommentedRecipe,
  buildRecipeFileSchema,
} from '../../../src/cli/options/recipe-document.js';
import {parseRecipe, readRecipeFile} from '../../../src/cli/options/recipe-file.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const TEMPLATES = fileURLToPath(new URL('../../../../templates/', import.meta.url));

const written = (text: string): string => {
  const path = join(temporaryDirectory(), 'recipe.jsonc');
  writeFileSync(path, text);
  return path;
};

const refusal = (path: string): string => {
  try {
    readRecipeFile(path);
  } catch (error) {
    expect((error as {exitCode?: number}).exitCode).to.equal(2);
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
};

describe('a recipe file', () => {
  it('may hold comments, commas after the last item, $schema and $comment', () => {
    const text = `\uFEFF{
      // a comment with "quotes" and a comma,
      "$schema": "./recipe.schema.json", /* another
      one */
      "$comment": ["for", "people"],
      "weights": "https://example.org/a,]/*b*/", // and the rest
      "phases": [{"$comment": "why", "name": "a",}, ],
    }`;
    expect(parseRecipe(text)).to.deep.equal({
      weights: 'https://example.org/a,]/*b*/',
      phases: [{name: 'a'}],
    });
  });

  it('holds options of the recipe and of the run alike', () => {
    expect(readRecipeFile(written('{"data": "pets", "epochs": 3}'))).to.deep.equal({
      data: 'pets',
      epochs: 3,
    });
  });

  it('is refused with its path and the nearest key', () => {
    const path = written('{"batchsize": 8}');
    expect(refusal(path)).to.equal(
      `Recipe ${path}: "batchsize" is no known key; did you mean batchSize?`,
    );
  });

  it('is refused when it is not there, a folder, or no JSON', () => {
    const folder = temporaryDirectory();
    const missing = join(folder, 'no.json');
    expect(refusal(missing)).to.equal(
      `Recipe ${missing} cannot be read: it does not exist. Check the path; finetune init writes one.`,
    );
    expect(refusal(folder)).to.equal(
      `Recipe ${folder} cannot be read: it is a folder. Check the path; finetune init writes one.`,
    );
    expect(refusal(written('{"epochs": }'))).to.match(
      /^Recipe .* is not JSON: .*\. Correct it; finetune init writes a new one\.$/,
    );
  });

  it('is refused when it holds no object', () => {
    expect(refusal(written('[]'))).to.include('Recipe ');
  });
});

describe('the recipe file of finetune init', () => {
  const COMMENTED = formatCommentedRecipe('schema.json');

  it('says nothing until something is uncommented', () => {
    expect(readRecipeFile(written(COMMENTED))).to.deep.equal({});
  });

  it('is right with everything uncommented, and then says every option', () => {
    const everything = COMMENTED.replace(/^ {2}\/\/ "/gm, '  "');
    expect(Object.keys(readRecipeFile(written(everything)))).to.have.members(
      Object.keys(buildRecipeFileSchema().properties).filter(key => !key.startsWith('$')),
    );
  });
});

describe('templates/', () => {
  it('has the JSON Schema that finetune schema prints', () => {
    const stored = JSON.parse(
      readFileSync(join(TEMPLATES, 'recipe.schema.json'), 'utf8'),
    ) as object;
    expect(stored, 'write it anew: finetune schema > templates/recipe.schema.json').to.deep.equal(
      JSON.parse(JSON.stringify(buildRecipeFileSchema())),
    );
  });

  const recipes = join(TEMPLATES, 'recipes');
  for (const file of readdirSync(recipes)) {
    it(`has a recipe ${file} that can be read and says what it is for`, () => {
      const path = join(recipes, file);
      expect(readRecipeFile(path)).not.to.be.empty;
      expect(JSON.parse(readFileSync(path, 'utf8')))
        .to.have.property('$comment')
        .that.is.a('string');
    });
  }
});
